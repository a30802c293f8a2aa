// Lines are cut into fields, parsed, sorted and searched, with the standard library.
#[no_mangle]
pub extern "C" fn run(rounds: i32) -> i32 {
    let line: String = (0..400)
        .map(|i| {
            format!(
                "{};{}.{};{}\n",
                i,
                i * 3,
                i % 10,
                if i % 2 == 0 { "open" } else { "shut" }
            )
        })
        .collect();
    let mut n = 0f64;
    for r in 0..rounds {
        let mut rows: Vec<(u32, f64, &str)> = line
            .lines()
            .filter_map(|l| {
                let mut f = l.split(';');
                Some((f.next()?.parse().ok()?, f.next()?.parse().ok()?, f.next()?))
            })
            .collect();
        rows.sort_by(|a, b| b.2.cmp(a.2).then(a.1.partial_cmp(&b.1).unwrap()));
        n += rows[(r as usize) % rows.len()].1 + rows.iter().filter(|x| x.2 == "open").map(|x| x.1).sum::<f64>();
        let up = line.to_uppercase();
        n += up.matches("OPEN").count() as f64;
    }
    n as i32
}
