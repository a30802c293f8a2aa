fn main() {
    loop {
        println!("tick");
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
}
