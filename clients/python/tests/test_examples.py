"""The examples run as they stand."""

import subprocess
import sys
from pathlib import Path

import pandas

from conftest import PAGES

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def run(example: str, *arguments: object) -> str:
    command = [sys.executable, str(EXAMPLES / example), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def test_tag_file(server):
    printed = run("tag_file.py", PAGES / "forum.txt", server.target)
    assert "论坛研讨发言" in printed
    assert "speechtag-zh@" in printed


def test_tag_file_without_chinese(server, tmp_path):
    page = tmp_path / "page.txt"
    page.write_text("Nothing here for a model of Chinese.\n")
    printed = run("tag_file.py", page, server.target)
    assert "其他" in printed and "弃权" in printed


def test_tag_folder(server, tmp_path):
    table = tmp_path / "tags.csv"
    assert "forum_address" in run("tag_folder.py", PAGES, table, server.target)
    frame = pandas.read_csv(table)
    assert set(frame["id"]) == {str(path) for path in PAGES.glob("*.txt")}
