//! Tells the shore of pressures that are too high, once for each time they become so.
use std::fs;
use std::io::{self, Write};

#[link(wasm_import_module = "thresholds")]
extern "C" {
    /// 0: all is well; 1: look after it; 2: stop the pump.
    fn severity(bar: f64) -> i32;
}

/// A message: a reading and the mean of the last ones, in bar.
fn parse(message: &str) -> Option<(f64, f64)> {
    let mut numbers = message.split_whitespace().map(|word| word.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn told_before() -> i32 {
    let kept = fs::read_to_string("/kv/severity").unwrap_or_default();
    kept.parse().unwrap_or(0)
}

fn main() -> io::Result<()> {
    let mut message = String::new();
    io::stdin().read_line(&mut message)?;
    let (bar, mean) = parse(&message).ok_or(io::ErrorKind::InvalidData)?;
    writeln!(fs::OpenOptions::new().write(true).open("/facts/pressure")?, "{bar}")?;
    let now = unsafe { severity(mean) };
    if now == told_before() {
        return Ok(());
    }
    if now > 0 {
        let mut alarms = fs::OpenOptions::new().write(true).open("/channels/out/alarms")?;
        writeln!(alarms, r#"{{"severity":{now},"bar":{bar},"mean":{mean}}}"#)?;
    }
    fs::write("/kv/severity", now.to_string())
}
