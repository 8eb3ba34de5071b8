// SPDX-License-Identifier: MIT
//! A program whose names are looked up by tests; names_rust.c prints what where.h says.

use std::cell::UnsafeCell;
use std::ffi::CString;
use std::os::raw::{c_char, c_void};

extern "C" {
    fn print_rust_frame(file: *const c_char, chain: *const c_char, function: *const c_char);
    fn print_rust_variable(
        address: *const c_void,
        start: *const c_void,
        name: *const c_char,
        class: *const c_char,
    );
}

/// As large as the type of that name in C; libc's own binding has the same name.
#[allow(non_camel_case_types)]
#[repr(C, align(8))]
pub struct pthread_mutex_t([u8; 40]);

pub struct Guarded {
    pub count: u64,
    pub mutex: UnsafeCell<pthread_mutex_t>,
}

unsafe impl Sync for Guarded {}

const NEW: Guarded = Guarded { count: 0, mutex: UnsafeCell::new(pthread_mutex_t([0; 40])) };

pub mod pool {
    use super::{Guarded, NEW};

    pub static SINGLE: Guarded = NEW;
    pub static MANY: [Guarded; 3] = [NEW; 3];
}

fn text(text: &str) -> CString {
    CString::new(text).unwrap()
}

pub mod shop {
    use super::{print_rust_frame, text};

    #[inline(never)]
    pub fn serve() {
        weigh(line!());
    }

    #[inline(always)]
    fn weigh(caller: u32) {
        let chain = format!("{}:{}|{}:{}", WEIGH, line!() + 2, SERVE, caller);
        let (file, chain, function) = (text(file!()), text(&chain), text(SERVE));
        unsafe { print_rust_frame(file.as_ptr(), chain.as_ptr(), function.as_ptr()) };
    }

    const WEIGH: &str = "names_rust::shop::weigh";
    const SERVE: &str = "names_rust::shop::serve";
}

fn print_variable(object: &Guarded, start: *const c_void, name: &str, class: &str) {
    let address = object.mutex.get() as *const c_void;
    let (name, class) = (text(name), text(class));
    unsafe { print_rust_variable(address, start, name.as_ptr(), class.as_ptr()) };
}

fn main() {
    shop::serve();
    let single = &pool::SINGLE as *const _ as *const c_void;
    let many = &pool::MANY as *const _ as *const c_void;
    let name = "names_rust::pool::SINGLE.mutex";
    print_variable(&pool::SINGLE, single, name, name);
    let (name, class) = ("names_rust::pool::MANY[2].mutex", "names_rust::pool::MANY[].mutex");
    print_variable(&pool::MANY[2], many, name, class);
}
