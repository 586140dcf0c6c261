// A leak below two modules and a method that is inlined.
#![crate_type = "cdylib"]

pub mod keep {
    use std::sync::Mutex;

    pub struct Store {
        kept: Vec<Box<[u8; 40]>>,
    }

    static STORE: Mutex<Store> = Mutex::new(Store { kept: Vec::new() });

    impl Store {
        #[inline(always)]
        fn cycle(&mut self) {
            self.kept.push(Box::new([1; 40])); /* here: rust */
        }
    }

    #[inline(never)]
    pub fn turn() {
        STORE.lock().unwrap().cycle();
    }
}

#[no_mangle]
pub extern "C" fn heapgate_iterate(_op: u64) -> i32 {
    keep::turn();
    0
}
