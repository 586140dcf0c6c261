//! A test program without libtest.

fn main() {
    heapgate::leak_test(|| {
        store::keep(24);
        store::drop_all();
    });
    println!("own main ended");
    if std::env::var_os("STORE_FORGETS").is_some() {
        heapgate::leak_test(|| store::keep(24));
    }
}
