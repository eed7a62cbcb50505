//! What the READMEs print is what the program prints: under `<!-- output: speechtag ARGUMENTS -->` stands a fenced block.
//! `UPDATE_README=1 cargo test --release readme` writes the blocks anew.

use std::fmt::Write;
use std::fs;
use std::process::Command;

/// The text with each marked block as the program prints it now, and how many blocks there are.
fn printed_anew(text: &str) -> (String, usize) {
    const MARK: &str = "<!-- output: speechtag ";
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap().to_owned();
    let mut blocks = 0;
    for part in parts {
        let (arguments, rest) = part.split_once(" -->\n").unwrap();
        let (fence, rest) = rest.split_once('\n').unwrap();
        let (_, rest) = rest.split_once("\n```").unwrap();
        let run = Command::new(env!("CARGO_BIN_EXE_speechtag")).args(arguments.split(' ')).output().unwrap();
        assert!(run.status.success(), "{arguments}: {}", String::from_utf8_lossy(&run.stderr));
        let printed = String::from_utf8(run.stdout).unwrap();
        write!(out, "{MARK}{arguments} -->\n{fence}\n{}\n```{rest}", printed.trim_end()).unwrap();
        blocks += 1;
    }
    (out, blocks)
}

#[test]
fn readmes_print_what_the_program_prints() {
    for path in ["README.md", "README.zh-CN.md"] {
        let text = fs::read_to_string(path).unwrap();
        let (anew, blocks) = printed_anew(&text);
        assert!(blocks > 0, "{path}");
        if std::env::var_os("UPDATE_README").is_some() {
            fs::write(path, anew).unwrap();
        } else {
            assert_eq!(text, anew, "{path}: UPDATE_README=1 cargo test --release readme");
        }
    }
}
