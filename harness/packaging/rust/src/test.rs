//! Which leak test this is, in both processes.

use std::any::type_name;
use std::io::{stderr, Write};
use std::sync::Mutex;

/// One call of `leak_test`: the test's name as `--exact` takes it, and how many calls that test made before.
pub(crate) struct Call {
    pub name: String,
    pub number: usize,
}

impl Call {
    pub fn key(&self) -> String {
        format!("{}:{}", self.number, self.name)
    }
}

static EARLIER: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The harness names the thread of a test after it. Before Rust 1.67 it has no such thread with
/// `--test-threads=1`, and a harness of the user's may have none: then the closure's type tells,
/// "crate::module::test::{{closure}}".
pub(crate) fn this_call<F>() -> Call {
    let thread = std::thread::current();
    let name = match thread.name() {
        Some(name) if name != "main" => name,
        _ => of_closure(type_name::<F>()),
    };
    let mut earlier = EARLIER.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let number = earlier.iter().filter(|other| *other == name).count();
    earlier.push(name.to_owned());
    Call { name: name.to_owned(), number }
}

fn of_closure(full: &str) -> &str {
    let inner = full.split("::{{").next().unwrap_or(full);
    inner.split_once("::").map_or(inner, |(_, path)| path)
}

/// The harness does not capture this, as it does what eprintln! prints.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(stderr(), "\n{}", text);
}
