# SPDX-License-Identifier: MIT
"""No file names a folder that only one machine has: this one's, or somebody's home.

usage: paths.py SOURCE_ROOT BUILD_ROOT
"""

import re
import sys
from pathlib import Path

import tree

# Names that stand for anybody's home in examples.
ANYBODY = "me|user|you"


def main():
    root = Path(sys.argv[1]).resolve()
    own = "|".join(re.escape(str(Path(path).resolve())) for path in sys.argv[1:3])
    pattern = re.compile(rf"(?:{own})(?![\w.-])|(?<!\w)/root/|/home/(?!(?:{ANYBODY})\b)\w+")
    complaints = []
    for path in tree.files(root):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            match = pattern.search(line)
            if match and path != Path(__file__).resolve():
                complaints.append(f"{path.relative_to(root)}:{number}: names '{match[0]}'")
    tree.finish(complaints)


main()
