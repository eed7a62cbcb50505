"""Tags one file and shows why. 标注一个文件,并列出依据。

    python clients/python/examples/tag_file.py examples/pages/forum.txt

A running service is needed: `target/release/speechtag serve`, or `docker compose up`.
"""

import sys
from pathlib import Path

import speechtag

path = Path(sys.argv[1])
target = sys.argv[2] if len(sys.argv) > 2 else "localhost:50051"

with speechtag.Client(target) as client:
    # What the labels are called is data of the model: ask once, show it in the reader's language.
    names = {(axis.id, label.id): label.name_zh for axis in client.model().model.axes for label in axis.labels}

    # A path is sent as bytes; the service finds out the encoding. Two pieces of evidence per answer.
    try:
        answer = client.tag(path, speechtag.TagOptions(evidence=2))
    except speechtag.InvalidArgument as error:
        sys.exit(f"{path}: {', '.join(f.field for f in error.fields)}: {error.message}")

    # A file may hold several speeches.
    for speech in answer.document.speeches:
        print(f"{path.name} #{speech.index} {speech.title}".rstrip())
        for tag in speech.tags:
            # Below its threshold the model abstains: the ranking is still there, the label is not. A text with too little
            # Chinese to judge has no ranking either.
            label = names[tag.axis, tag.alternatives[0].label] if tag.alternatives else ""
            said = f"弃权({label}?)" if tag.abstained and label else label or "弃权"
            why = "、".join(f"{e.text} ({e.feature}, {e.count})" for e in tag.evidence)
            print(f"  {tag.axis:14} {said:10} {tag.confidence:.0%}  {why}")

    # The hash is the model's name for good; docs/evidence.md says how to cite it.
    print(f"{answer.model.name}@{answer.model.version} {answer.model.sha256[:12]}…")
