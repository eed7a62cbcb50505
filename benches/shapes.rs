//! Time and memory of the way from text to pieces on texts made to be slow: `cargo bench --bench shapes`.
//!
//! Every shape is measured at 1, 4 and 16 MiB, each in a process of its own, so that its peak memory is its own. The way is
//! linear if nanoseconds per byte stay within a factor of two. The source's length is part of the peak.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at what it does not expect"
)]

use std::process::Command;
use std::time::Instant;

use speechtag::document::prepare;

const MIB: usize = 1 << 20;

/// Name, and what is repeated; `#` counts up.
const SHAPES: [(&str, &str); 20] = [
    ("prose in one line", "今年以来,全县上下认真贯彻市委决策部署,坚持稳中求进,各项工作取得新进展。"),
    ("prose in lines", "今年以来,全县上下认真贯彻市委决策部署,坚持稳中求进,各项工作取得新进展。\n"),
    ("crumbs", "全县#、农业"),
    ("crumbs in lines", "全县农业生产\n#、形势"),
    ("opening brackets", "("),
    ("brackets", "【(《"),
    ("digits", "1"),
    ("headings", "讲话稿篇#\n今年工作\n"),
    (
        "headings with pieces",
        "讲话稿篇#\n同志们:\n今年以来,全县上下认真贯彻市委决策部署,坚持稳中求进,各项工作取得新进展。\n谢谢大家!\n",
    ),
    ("salutations", "同志们:\n"),
    ("one title", "在全县农业工作会议上的讲话\n"),
    ("line breaks", "\n"),
    ("blanks", "全 县 ,"),
    ("addresses", "www.example.com/a "),
    ("editors", "以下是小编为大家整理的范文,"),
    ("tags", "<p><b>全县</b>"),
    ("entities", "<p>&amp;&#20840;"),
    ("open comments", "<p><!--"),
    ("mojibake", "Í¬Ö¾ÃÇ"),
    ("readings", "县(xiàn)"),
];

fn text(pattern: &str, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + pattern.len());
    let mut number = 0;
    while text.len() < bytes {
        number += 1;
        text.push_str(&pattern.replace('#', &number.to_string()));
    }
    text
}

fn peak_mib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok()).unwrap_or(0) / 1024
}

fn measure(shape: &str, mib: &str) {
    let pattern = SHAPES.iter().find(|(name, _)| *name == shape).expect("a shape of the list").1;
    // The rules are compiled once per process; that is not what is measured.
    let _ = prepare("同志们:\n全县农业工作会议。<p>", true, true);
    let source = text(pattern, mib.parse::<usize>().expect("a number") * MIB);
    let begin = Instant::now();
    let prepared = prepare(&source, true, true);
    let nanoseconds = begin.elapsed().as_nanos() as f64 / source.len() as f64;
    println!("{nanoseconds:.1} {} {}", peak_mib(), prepared.pieces.len());
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, command, shape, mib] = arguments.as_slice()
        && command == "measure"
    {
        return measure(shape, mib);
    }
    println!("| shape | ns/byte at 1 MiB | 4 MiB | 16 MiB | slower by | peak at 16 MiB |\n|---|---|---|---|---|---|");
    let program = std::env::current_exe().expect("the path of this program");
    for (shape, _) in SHAPES {
        let runs = ["1", "4", "16"].map(|mib| {
            let output = Command::new(&program).args(["measure", shape, mib]).output().expect("a run");
            let words = String::from_utf8_lossy(&output.stdout).into_owned();
            let number = |n: usize| words.split_whitespace().nth(n).and_then(|w| w.parse::<f64>().ok());
            (number(0).unwrap_or(f64::NAN), number(1).unwrap_or(f64::NAN))
        });
        let [(one, _), (four, _), (sixteen, peak)] = runs;
        let slower = four.max(sixteen) / one;
        println!("| {shape} | {one:.0} | {four:.0} | {sixteen:.0} | {slower:.2}× | {peak:.0} MiB |");
    }
}
