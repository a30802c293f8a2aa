// Arithmetic in a text is read by tokens and precedence, with errors as values.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tok {
    Num(f64),
    Op(u8),
    Open,
    Close,
}
struct P<'a> {
    s: &'a [u8],
    at: usize,
}
impl<'a> P<'a> {
    fn tok(&mut self) -> Option<Tok> {
        while self.at < self.s.len() && self.s[self.at] == b' ' {
            self.at += 1
        }
        let c = *self.s.get(self.at)?;
        self.at += 1;
        Some(match c {
            b'(' => Tok::Open,
            b')' => Tok::Close,
            b'0'..=b'9' => {
                let mut v = (c - b'0') as f64;
                while let Some(d @ b'0'..=b'9') = self.s.get(self.at) {
                    v = v * 10.0 + (d - b'0') as f64;
                    self.at += 1
                }
                Tok::Num(v)
            }
            _ => Tok::Op(c),
        })
    }
    fn peek(&mut self) -> Option<Tok> {
        let a = self.at;
        let t = self.tok();
        self.at = a;
        t
    }
    fn expr(&mut self, min: u8) -> Result<f64, String> {
        let mut l = match self.tok() {
            Some(Tok::Num(v)) => v,
            Some(Tok::Open) => {
                let v = self.expr(0)?;
                if self.tok() != Some(Tok::Close) {
                    return Err("no )".into());
                }
                v
            }
            Some(Tok::Op(b'-')) => -self.expr(9)?,
            t => return Err(format!("unexpected {:?}", t)),
        };
        loop {
            let o = match self.peek() {
                Some(Tok::Op(o)) => o,
                _ => return Ok(l),
            };
            let p = match o {
                b'+' | b'-' => 1,
                b'*' | b'/' => 3,
                _ => return Err("op".into()),
            };
            if p < min {
                return Ok(l);
            }
            self.tok();
            let r = self.expr(p + 1)?;
            l = match o {
                b'+' => l + r,
                b'-' => l - r,
                b'*' => l * r,
                _ => l / r,
            }
        }
    }
}
#[no_mangle]
pub extern "C" fn run(rounds: i32) -> i32 {
    let src = (0..300)
        .map(|i| format!("({} + {} * (7 - {})) / {}", i, i % 13, i % 5, 1 + i % 3))
        .collect::<Vec<_>>()
        .join(" - ");
    let mut n = 0.0;
    for _ in 0..rounds {
        n += P {
            s: src.as_bytes(),
            at: 0,
        }
        .expr(0)
        .unwrap_or(1.0)
    }
    n as i32
}
