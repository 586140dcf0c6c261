//! A store that keeps what it is given, and its leak tests of every outcome, to be run by cargo.sh.

use std::cell::RefCell;

thread_local! {
    static KEPT: RefCell<Vec<Box<[u8]>>> = RefCell::new(Vec::new());
}

pub fn keep(size: usize) {
    let block = vec![1; size].into_boxed_slice(); // leaks here
    KEPT.with(|kept| kept.borrow_mut().push(block));
}

pub fn drop_all() {
    KEPT.with(|kept| *kept.borrow_mut() = Vec::new());
}

#[cfg(test)]
mod leaks {
    use super::*;
    use std::fs::File;

    #[test]
    fn ordinary() {
        keep(1);
    }

    #[test]
    fn forgets() {
        heapgate::leak_test(|| keep(24)); // fails here
    }

    #[test]
    fn gives_back() {
        heapgate::leak_test(|| {
            keep(24);
            drop_all();
        });
    }

    #[test]
    fn captures_and_may_grow() {
        let (text, mut kept) = (String::from("eight by"), Vec::new());
        heapgate::options().max_bytes_per_op(40.0).leak_test(|| kept.push(text.clone()));
    }

    #[test]
    fn prüft_größe_r() {
        heapgate::options().ops(512).leak_test(|| keep(24));
    }

    /// Another test begins like this one, and --exact tells them apart.
    #[test]
    fn gives_back_nothing() {
        heapgate::leak_test(|| keep(8));
    }

    #[test]
    fn r#struct() {
        heapgate::leak_test(drop_all);
    }

    #[test]
    fn panics_in_op_3000() {
        let mut calls = 0;
        heapgate::leak_test(|| {
            calls += 1;
            assert_ne!(calls, 3000, "the store is full");
        });
    }

    #[test]
    fn returns_an_error() -> Result<(), std::num::ParseIntError> {
        heapgate::leak_test(|| -> Result<(), std::num::ParseIntError> {
            "many".parse::<u32>()?;
            Ok(())
        });
        Ok(())
    }

    #[test]
    fn exits() {
        heapgate::leak_test(|| -> () { std::process::exit(0) });
    }

    #[test]
    fn crashes() {
        heapgate::leak_test(|| -> () { std::process::abort() });
    }

    #[test]
    fn opens() {
        let mut files = Vec::new();
        let test = heapgate::options().ops(512).max_bytes_per_op(1000.0);
        test.leak_test(|| files.push(File::open("/dev/null").unwrap()));
    }

    #[test]
    fn threads() {
        heapgate::leak_test(|| std::thread::spawn(|| keep(24)).join().unwrap());
    }

    #[test]
    #[ignore]
    fn two_in_a_loop() {
        for forgets in [false, true] {
            heapgate::options().ops(512).leak_test(|| {
                keep(48);
                if !forgets {
                    drop_all();
                }
            });
        }
    }
}
