#!/bin/sh
# SPDX-License-Identifier: MIT
# git commits, packs with four threads, searches, checks and clones a repository.
. "$(dirname "$0")/common.sh"
packages git
need git

cat > work.sh <<'END'
set -e
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=me GIT_AUTHOR_EMAIL=me@example.org
export GIT_COMMITTER_NAME=me GIT_COMMITTER_EMAIL=me@example.org
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
git init -q -b main repository
cd repository
git config pack.threads 4
git config grep.threads 4
for commit in 1 2 3; do
	for file in $(seq 200); do
		seq $((commit * file)) $((commit * file + 2000)) > "file$file"
	done
	git add .
	git commit -q -m "commit $commit"
done
git status --short
git repack -q -a -d -f
git grep -c 1234 | sort
git fsck --no-progress
git clone -q --no-local . ../clone 2>&1
git -C ../clone log --format='%H %s'
END
work() {
	traced sh ../work.sh
}
both_ways
expect mutex 100
expect thread 10
finish
