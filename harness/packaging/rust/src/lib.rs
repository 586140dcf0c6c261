//! Leak tests in `cargo test`.
//!
//! ```no_run
//! # fn parse(_: &str) {}
//! #[test]
//! fn parser_gives_everything_back() {
//!     heapgate::leak_test(|| parse("[1, 2]"));
//! }
//!
//! #[test]
//! fn cache_fills() {
//!     let mut cache = Vec::new();
//!     heapgate::options().ops(100_000).max_bytes_per_op(0.5).leak_test(|| cache.truncate(10));
//! }
//! ```
//!
//! The closure is one op. The test starts its own program again, with this one test, as
//!
//! ```text
//! heapgate exec --marks -- PROGRAM --exact NAME
//! ```
//!
//! In that process the code before `leak_test` runs again, the op is called 8,192 times, and each call ends
//! with a mark. The test in the first process fails with heapgate's report unless the verdict is clean and
//! all ops have ended. An op fails if it panics or returns an `Err`. Memory that it allocates once, within
//! the first fifth of the calls, is not a leak. Keep state that outlives an op outside the closure.
//!
//! The heapgate program is the one that the environment variable `HEAPGATE` names, or else `heapgate` in the
//! `PATH`. If the variable is not set and the `PATH` has none, the closure is called once, as an ordinary
//! test, and standard error says that nothing was measured. Set the variable where a leak must fail the
//! build.

use std::fmt::Debug;

#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod ops;
mod test;

/// Default number of calls: 32 rounds of equal length, a power of two.
const OPS: u64 = 8192;

/// Fails the test if calls of the closure leave memory, open files or threads behind.
#[track_caller]
pub fn leak_test<R: Outcome>(op: impl FnMut() -> R) {
    options().leak_test(op);
}

/// The options of a leak test, for a chain of calls that ends with [`Options::leak_test`].
pub fn options() -> Options {
    Options { ops: OPS, max_bytes_per_op: 0.0, allocator: None }
}

/// How a leak test is measured; see [`options`].
#[derive(Clone, Debug)]
#[must_use = "nothing is tested before leak_test is called"]
pub struct Options {
    ops: u64,
    max_bytes_per_op: f64,
    allocator: Option<String>,
}

impl Options {
    /// How many times the closure is called. Few calls make small leaks inconclusive.
    #[track_caller]
    pub fn ops(mut self, calls: u64) -> Self {
        assert!(calls > 0, "heapgate: ops must be 1 or more");
        self.ops = calls;
        self
    }

    /// The growth that is allowed.
    #[track_caller]
    pub fn max_bytes_per_op(mut self, bytes: f64) -> Self {
        assert!(bytes >= 0.0 && bytes.is_finite(), "heapgate: max_bytes_per_op must be 0 or more");
        self.max_bytes_per_op = bytes;
        self
    }

    /// The allocator to measure on: glibc, jemalloc, mimalloc or tcmalloc.
    pub fn allocator(mut self, name: &str) -> Self {
        self.allocator = Some(name.to_owned());
        self
    }

    /// Fails the test if calls of the closure leave memory, open files or threads behind.
    #[track_caller]
    pub fn leak_test<R: Outcome, F: FnMut() -> R>(&self, mut op: F) {
        let test = test::this_call::<F>();
        let mut call = || {
            if let Err(error) = op().outcome() {
                panic!("the op returned an error: {}", error);
            }
        };
        match self.measure(&test, &mut call) {
            Measured::Clean => {}
            Measured::Not(why) => {
                test::tell(&format!("heapgate: {} was called once and not measured: {}", test.name, why));
                call();
            }
            Measured::Failed(why) => panic!("{}", why),
        }
    }

    #[cfg(target_os = "linux")]
    fn measure(&self, test: &test::Call, op: &mut dyn FnMut()) -> Measured {
        if std::env::var_os(ops::MARKS).is_none() {
            return measure::measure(self, test);
        }
        if ops::is_wanted(test) {
            ops::run(self.ops, op)
        } else {
            Measured::Clean
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn measure(&self, _: &test::Call, _: &mut dyn FnMut()) -> Measured {
        Measured::Not("heapgate needs Linux".to_owned())
    }
}

enum Measured {
    Clean,
    Failed(String),
    Not(String),
}

/// What an op may return: nothing, or a `Result`, whose error fails the test.
pub trait Outcome {
    #[doc(hidden)]
    fn outcome(self) -> Result<(), String>;
}

impl Outcome for () {
    fn outcome(self) -> Result<(), String> {
        Ok(())
    }
}

impl<T, E: Debug> Outcome for Result<T, E> {
    fn outcome(self) -> Result<(), String> {
        self.map(drop).map_err(|error| format!("{:?}", error))
    }
}
