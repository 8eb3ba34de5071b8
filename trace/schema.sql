-- SPDX-License-Identifier: MIT
--
-- The recording: one SQLite file for one run of a whole process tree.
--
-- Written by the collector while the program runs, completed by `holdwait
-- record` (names, source lines), read by every other verb. holdwait(5) says
-- the same in prose; PRAGMA user_version is the version of this file.
--
-- Every id is stable inside one recording and means nothing outside it.
-- Times are nanoseconds since the recording began. 0 and NULL are different:
-- NULL is "not known" or "does not apply".

PRAGMA application_id = 0x68774462; -- "hwDb"
PRAGMA user_version = 2;

-- What was recorded, with what, and whether it is whole. Keys: version,
-- command, directory, host, started_at (Unix seconds), clock, depth, events,
-- lost, ignored (objects that programs asked to leave out), complete (1 when the collector closed the file itself,
-- when all programs had ended), cut (1 when it closed it before that, for which note.1 says why),
-- ended_ns, clock_base and ns_per_tick (time_ns is ticks of the clock, less the one, times the other),
-- blocked_ns, blocked_elsewhere_ns, blocked_elsewhere.N, blocked_unknown (how long threads
-- were blocked in futexes, and in those that were not intercepted; trace/elsewhere.h),
-- unrecorded.N, bypass.N, second_libc (what was not seen; trace/unseen.h, trace/bypass.h),
-- named (last frame and last object whose symbols were looked up),
-- note (one row per line a person should read; key is note.1, note.2 ...).
-- Of a merged recording: merged.N, the file of run N, and merged.N.process and
-- merged.N.object, the first ids that its processes and objects may have.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY
) WITHOUT ROWID;

-- One program image: a new row at start, at fork and at exec.
CREATE TABLE process (
    id       INTEGER PRIMARY KEY,
    parent   INTEGER REFERENCES process, -- forked or exec'd from
    origin   TEXT NOT NULL,              -- start, fork or exec
    pid      INTEGER NOT NULL,
    exe      TEXT,
    command  TEXT,                       -- arguments, separated by spaces
    start_ns INTEGER NOT NULL,
    end_ns   INTEGER                     -- NULL while it runs
);

CREATE TABLE thread (
    id           INTEGER PRIMARY KEY,
    process      INTEGER NOT NULL REFERENCES process,
    tid          INTEGER NOT NULL,
    number       INTEGER NOT NULL,          -- 1, 2, 3 ... inside its process; 1 is main
    name         TEXT,                      -- as set by pthread_setname_np or prctl, if it was
    creator      INTEGER REFERENCES thread, -- who called pthread_create (or fork)
    create_stack INTEGER REFERENCES stack,
    object       INTEGER REFERENCES object, -- what pthread_join of it waits for
    start_ns     INTEGER NOT NULL,
    end_ns       INTEGER,                   -- NULL while it runs
    lost         INTEGER NOT NULL DEFAULT 0 -- events dropped
);

-- A file mapped as code: the program, a library. One row per path and build id. And source files
-- of programs that an interpreter runs.
CREATE TABLE module (
    id       INTEGER PRIMARY KEY,
    path     TEXT NOT NULL,
    build_id TEXT,                         -- lower-case hex
    language TEXT                          -- of a source file: python; else NULL
);

-- One place in code. `offset` is the link-time address inside the module (what
-- addr2line wants), of the call instruction's return point. Without a module
-- (JIT code) it is the address itself. The last four columns are filled once symbols
-- were looked up; a function inlined here is the innermost row, which names
-- the row it was inlined into. In a source file `offset` is the first line of the function, and
-- all is known from the beginning. Where the kernel called a signal handler there is a
-- row without place, and the one outside of it is one past what was interrupted.
CREATE TABLE frame (
    id       INTEGER PRIMARY KEY,
    module   INTEGER REFERENCES module,
    offset   INTEGER NOT NULL,
    function TEXT,
    file     TEXT,
    line     INTEGER,
    caller   INTEGER REFERENCES frame,      -- inlined into
    signal   INTEGER                        -- whose handler is called; else NULL. Negative: or
                                            -- another one's with that handler; 0: not known
);

-- Call stacks as a tree: a row is its innermost frame plus the stack outside it. The same
-- calls are two rows when other signal handlers (installed, not blocked) could interrupt.
CREATE TABLE stack (
    id     INTEGER PRIMARY KEY,
    parent INTEGER REFERENCES stack,        -- towards main; NULL at the outermost
    frame  INTEGER NOT NULL REFERENCES frame,
    signals INTEGER                         -- whose handlers could interrupt there: 1 << (number - 1)
);

-- Objects that come from the same place are one class: the same in the next
-- run, build or host. Filled when symbols are looked up.
CREATE TABLE class (
    id   INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key  TEXT NOT NULL UNIQUE,              -- no address, no pid in it
    name TEXT NOT NULL                      -- for people
);

-- Whatever a thread can wait for. `kind`: mutex, rwlock, spin, cond, barrier,
-- sem, once, thread. `role` of a semaphore: lock (units come back from the
-- thread that took them) or signal (posted by others, or began with none).
CREATE TABLE object (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL,
    type         TEXT,                      -- normal recursive errorcheck adaptive, robust, pi ...; space separated
    process      INTEGER REFERENCES process,-- NULL when shared between processes
    address      INTEGER,                   -- where its first user saw it
    generation   INTEGER NOT NULL DEFAULT 0,-- counts objects at one address
    shared_key   TEXT,                      -- device:inode:offset of a shared one
    module       INTEGER REFERENCES module, -- static storage: module and link-time address
    offset       INTEGER,
    create_stack INTEGER REFERENCES stack,  -- init, sem_open or else first use
    initialised  INTEGER NOT NULL DEFAULT 0,-- 1 when create_stack is an init call
    create_ns    INTEGER NOT NULL,
    destroy_ns   INTEGER,
    role         TEXT,                      -- semaphores: lock or signal, or NULL: no post yet
    capacity     INTEGER,                   -- semaphores: most units seen; barriers: their count
    name         TEXT,                      -- "/name" of sem_open; else table.forks[3] once symbols were looked up
    class        INTEGER REFERENCES class
);

-- Thread T, holding H, waited for (or could have waited for) `object` at
-- `stack`. Counted, not repeated. H is in dependency_hold; a row exists only
-- when H is not empty, or when T writes a rwlock whose waiting writers stop readers.
CREATE TABLE dependency (
    id       INTEGER PRIMARY KEY,
    thread   INTEGER NOT NULL REFERENCES thread,
    object   INTEGER NOT NULL REFERENCES object,
    mode     TEXT NOT NULL,                 -- exclusive or shared
    stack    INTEGER REFERENCES stack,
    how      TEXT NOT NULL,                 -- block, timed, try, reacquire (inside a condition wait)
    count    INTEGER NOT NULL,
    first_ns INTEGER NOT NULL,
    last_ns  INTEGER NOT NULL,
    units    INTEGER                        -- of a semaphore, that are waited for; NULL: one
);

CREATE TABLE dependency_hold (
    dependency INTEGER NOT NULL REFERENCES dependency,
    position   INTEGER NOT NULL,            -- 0 was acquired first
    object     INTEGER NOT NULL REFERENCES object,
    mode       TEXT NOT NULL,
    stack      INTEGER REFERENCES stack,    -- where it was acquired
    count      INTEGER NOT NULL DEFAULT 1,  -- units of a semaphore
    PRIMARY KEY (dependency, position)
) WITHOUT ROWID;

-- What a thread did to an object though nobody may. `what`: unlock (it did not hold it), end
-- (of the thread, while it held it; `stack` is where it took it), destroy (while it was held or
-- waited for; `how`: NULL, freed, or refused), inherit (waits in a forked child for what another thread
-- of the parent held). `relation`: what the other thread had to do with it at that time:
-- holds, held (the last one that did), waits; NULL when there is no other.
CREATE TABLE misuse (
    id          INTEGER PRIMARY KEY,
    what        TEXT NOT NULL,
    how         TEXT,
    thread      INTEGER NOT NULL REFERENCES thread,
    object      INTEGER NOT NULL REFERENCES object,
    stack       INTEGER REFERENCES stack,
    relation    TEXT,
    other       INTEGER REFERENCES thread,
    other_stack INTEGER REFERENCES stack,
    count       INTEGER NOT NULL,
    first_ns    INTEGER NOT NULL
);

-- A program says that an object is to be locked before another one (holdwait_order): who said so
-- first, and where; counted, not repeated, but by several processes that share both. An object of it
-- that was never used has kind unknown.
CREATE TABLE declared_order (
    id       INTEGER PRIMARY KEY,
    first    INTEGER NOT NULL REFERENCES object,
    second   INTEGER NOT NULL REFERENCES object,
    thread   INTEGER NOT NULL REFERENCES thread,
    stack    INTEGER REFERENCES stack,
    count    INTEGER NOT NULL,
    first_ns INTEGER NOT NULL
);

-- How long threads waited for an object at one place, and held it from there. The longest
-- wait may have been given up; wait_max_thread is who waited, and wait_max_holder had the object
-- when it began, taken at wait_max_stack.
CREATE TABLE contention (
    object      INTEGER NOT NULL REFERENCES object,
    stack       INTEGER NOT NULL,           -- REFERENCES stack; 0 when unknown
    acquired    INTEGER NOT NULL,
    waited      INTEGER NOT NULL,           -- acquisitions that found it taken
    wait_ns     INTEGER NOT NULL,
    wait_max_ns INTEGER NOT NULL,
    hold_ns     INTEGER NOT NULL,
    hold_max_ns INTEGER NOT NULL,
    wait_max_thread INTEGER REFERENCES thread,
    wait_max_holder INTEGER REFERENCES thread,
    wait_max_stack  INTEGER REFERENCES stack,
    PRIMARY KEY (object, stack)
) WITHOUT ROWID;

-- The waiting state: who holds what and who waits for what, as of the newest
-- look at it (meta: state_ns). At the end of a process that was blocked its rows stay.
CREATE TABLE hold (
    thread   INTEGER NOT NULL REFERENCES thread,
    position INTEGER NOT NULL,
    object   INTEGER NOT NULL REFERENCES object,
    mode     TEXT NOT NULL,
    count    INTEGER NOT NULL,              -- recursion depth, or units
    stack    INTEGER REFERENCES stack,
    since_ns INTEGER NOT NULL,
    PRIMARY KEY (thread, position)
) WITHOUT ROWID;

CREATE TABLE wait (
    thread   INTEGER PRIMARY KEY REFERENCES thread,
    object   INTEGER NOT NULL REFERENCES object,
    mode     TEXT NOT NULL,
    how      TEXT NOT NULL,                 -- block, timed
    stack    INTEGER REFERENCES stack,
    since_ns INTEGER NOT NULL,
    units    INTEGER                        -- of a semaphore; NULL: one
);

-- Findings as reported at the end of `holdwait run`; `detail` is the JSON of `report -f json`.
CREATE TABLE finding (
    id      TEXT PRIMARY KEY,               -- hw-xxxxxxxx
    rule    TEXT NOT NULL,
    verdict TEXT,                           -- NULL of what just happened: misuse, a stall
    title   TEXT NOT NULL,
    detail  TEXT NOT NULL
) WITHOUT ROWID;

-- Everything that happened. `id` counts in the order of storing; order by time_ns.
-- op: init destroy  wait (found it taken and waits)  lock unlock  take post
--     fail (result says why)  cancel (a wait that was abandoned)
--     sleep wake signal broadcast  arrive leave  start end create join detach
--     fork exec reap  once_begin once_end
-- how: try, timed, reacquire, together (with the next take), of destroy: freed (its memory
-- was), or NULL.
CREATE TABLE event (
    id      INTEGER PRIMARY KEY,
    time_ns INTEGER NOT NULL,
    thread  INTEGER NOT NULL,
    op      TEXT NOT NULL,
    object  INTEGER,
    mode    TEXT,                           -- shared, or NULL for exclusive
    how     TEXT,
    stack   INTEGER,
    result  INTEGER                         -- errno of fail; process of fork and reap, thread of create;
                                            -- units of wait, take, post and init, unless it is one
);

-- The same events, packed: while they are recorded, and when there are more than a million.
-- Then there are no rows in `event`, which is a virtual table over these blocks
-- (trace/event_table.h); else there are no blocks. The summaries are bitmaps: of each id
-- that occurs, modulo the number of bits, the bit is set (trace/event_block.h).
CREATE TABLE event_block (
    first_event INTEGER PRIMARY KEY,        -- id of the first; the others follow
    count       INTEGER NOT NULL,           -- up to 16384
    first_ns    INTEGER NOT NULL,           -- the least and the greatest time_ns in it
    last_ns     INTEGER NOT NULL,
    threads     BLOB NOT NULL,              -- summary of the threads that occur
    objects     BLOB NOT NULL,              -- and of the objects
    codec       INTEGER NOT NULL,           -- of data: 0 packed (trace/pack.h), 1 packed and zstd
    data        BLOB NOT NULL
);
