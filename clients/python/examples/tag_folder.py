"""Tags a folder into a table with pandas. 用 pandas 把一个目录标注成表格。

    pip install './clients/python[pandas]'
    python clients/python/examples/tag_folder.py examples/pages tags.csv

One line per speech. A file that cannot be tagged is named, and the others go on.
"""

import sys
from pathlib import Path

import pandas

import speechtag

folder, table = Path(sys.argv[1]), Path(sys.argv[2])
target = sys.argv[3] if len(sys.argv) > 3 else "localhost:50051"

rows = []
with speechtag.Client(target) as client:
    # The stream takes any iterable and reads only a window of files ahead, so the folder may be larger than memory.
    files = (path for path in sorted(folder.rglob("*")) if path.suffix in {".txt", ".html"})
    for result in client.tag_stream(files):
        if result.error:
            print(f"{result.id}: {result.error}", file=sys.stderr)
            continue
        rows.extend(speechtag.rows(result.unwrap()))

frame = pandas.DataFrame(rows)
frame.to_csv(table, index=False, encoding="utf-8-sig")  # the mark lets Excel read Chinese

# What came out, at a glance: how many speeches of each kind, and how many the model would not say.
print(frame["document_type"].fillna("弃权").value_counts().to_string())
