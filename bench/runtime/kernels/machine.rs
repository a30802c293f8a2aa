// A machine of eight instructions over a tape, whose program is read character by character.
fn run_program(program: &[u8], input: &[u8]) -> Vec<u8> {
    let mut jumps = vec![0usize; program.len()];
    let mut open = Vec::new();
    for (at, one) in program.iter().enumerate() {
        match one {
            b'[' => open.push(at),
            b']' => {
                let start = open.pop().unwrap();
                jumps[start] = at;
                jumps[at] = start;
            }
            _ => {}
        }
    }
    let (mut tape, mut output) = (vec![0u8; 4096], Vec::new());
    let (mut cell, mut at, mut read) = (0usize, 0usize, 0usize);
    while at < program.len() {
        match program[at] {
            b'>' => cell += 1,
            b'<' => cell -= 1,
            b'+' => tape[cell] = tape[cell].wrapping_add(1),
            b'-' => tape[cell] = tape[cell].wrapping_sub(1),
            b'.' => output.push(tape[cell]),
            b',' => {
                tape[cell] = input.get(read).copied().unwrap_or(0);
                read += 1
            }
            b'[' if tape[cell] == 0 => at = jumps[at],
            b']' if tape[cell] != 0 => at = jumps[at],
            _ => {}
        }
        at += 1
    }
    output
}
#[no_mangle]
pub extern "C" fn run(rounds: i32) -> i32 {
    let hello = b"++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++.";
    let reverse = b">,[>,]<[.<]";
    let mut sum = 0i32;
    for round in 0..rounds {
        let text = run_program(hello, &[]);
        let back = run_program(reverse, &text);
        sum = back.iter().fold(sum ^ round, |sum, one| sum.wrapping_mul(31).wrapping_add(*one as i32));
    }
    sum
}
