//! The process that heapgate started: calls the op and marks the rounds.

use crate::{test, Measured};
use std::ffi::c_void;
use std::os::linux::fs::MetadataExt;
use std::os::raw::{c_char, c_int};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// heapgate sets it in the process that it measures.
pub(crate) const MARKS: &str = "HEAPGATE_MARKS";
/// The first process sets it: which call of leak_test is wanted.
pub(crate) const TEST: &str = "HEAPGATE_TEST";
// What this process says, and the first one looks for.
pub(crate) const ALL_ENDED: &str = "heapgate: all ops ended: ";
pub(crate) const CUT_SHORT: &str = "heapgate: the test ended in op ";
pub(crate) const OPEN: &str = "heapgate: open files and threads grow: ";

/// The number of rounds of length 1; each longer length has half as many. As in heapgate/mark.h.
const ROUNDS: u64 = 32;
/// Descriptors or threads, to call them a leak.
const FEWEST_OPEN: u64 = 8;

extern "C" {
    fn atexit(handler: extern "C" fn()) -> c_int;
    fn close(file: c_int) -> c_int;
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dup(file: c_int) -> c_int;
}

static WANTED: AtomicU64 = AtomicU64::new(0);
static ENDED: AtomicU64 = AtomicU64::new(0);
static PROCESS: AtomicU32 = AtomicU32::new(0);

pub(crate) fn is_wanted(call: &test::Call) -> bool {
    match std::env::var(TEST) {
        Ok(key) => key == call.key(),
        Err(_) => call.number == 0,
    }
}

/// Whatever ends the process early; not in a child that an op forks.
extern "C" fn say_if_cut_short() {
    let (ended, wanted) = (ENDED.load(Relaxed), WANTED.load(Relaxed));
    if PROCESS.load(Relaxed) == std::process::id() && ended < wanted {
        test::tell(&format!("{}{} of {}", CUT_SHORT, ended + 1, wanted));
    }
}

/// The lowest descriptor that is free, and the number of threads: their sum rises where ops leave them
/// behind.
fn count_open() -> u64 {
    let file = unsafe { dup(2) };
    if file >= 0 {
        unsafe { close(file) };
    }
    (file + 1) as u64 + std::fs::metadata("/proc/self/task").map_or(0, |tasks| tasks.st_nlink())
}

pub(crate) fn run(ops: u64, op: &mut dyn FnMut()) -> Measured {
    let mark = unsafe { dlsym(std::ptr::null_mut(), b"heapgate_probe_mark\0".as_ptr().cast()) };
    if mark.is_null() {
        return Measured::Failed(format!(
            "heapgate: the probe is not in this process although {} is set",
            MARKS
        ));
    }
    let mark: extern "C" fn() = unsafe { std::mem::transmute(mark) };
    PROCESS.store(std::process::id(), Relaxed);
    WANTED.store(ops, Relaxed);
    ENDED.store(0, Relaxed);
    unsafe { atexit(say_if_cut_short) };
    let (every, mut open, mut quarter, mut half) = ((ops / ROUNDS).max(1), 0, 0, 0);
    for number in 1..=ops {
        op();
        mark();
        ENDED.store(number, Relaxed);
        if number % every != 0 {
            continue;
        }
        let now = count_open();
        if now > open {
            // heapgate counts them from outside, between two ops.
            std::thread::sleep(Duration::from_millis(40));
        }
        open = now;
        quarter = if number <= ops / 4 { now } else { quarter };
        half = if number <= ops / 2 { now } else { half };
    }
    // A machine under load may have missed it.
    if half > quarter && open > half && open >= quarter + FEWEST_OPEN {
        test::tell(&format!(
            "{}{} after a quarter of the ops, {} after half, {} at the end",
            OPEN, quarter, half, open
        ));
    }
    test::tell(&format!("{}{}", ALL_ENDED, ops));
    Measured::Clean
}
