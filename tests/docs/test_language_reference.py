"""The language reference: every example does what it says, and nothing is missing."""

import ast
import re
import subprocess
import sys

import examples
import pytest

from dicomedit.dicom import encoding, paths, resolve, scan
from dicomedit.io import source
from dicomedit.lang import include, values
from dicomedit.lang.dialect4.functions import REGISTRY as REGISTRY_4
from dicomedit.lang.functions import REGISTRY
from dicomedit.pixels import decoding

PAGE = examples.PAGE.read_text("utf-8")
BY_HAND = PAGE.partition("<!-- functions: begin -->")[0]
FILES = sorted(examples.FOLDER.glob("*.das"))
IN_FILES = [example for file in FILES for example in examples.file_examples(file)]
# The page also has all that is in the files; each is run once, under the name of its file.
ON_PAGE = [example for example in examples.page_examples() if example.script in BY_HAND]
PAGE_4 = examples.PAGE_4.read_text("utf-8")
REMAP = (examples.ROOT / "docs" / "remap.md").read_text("utf-8")
MIGRATING = (examples.ROOT / "docs" / "migrating.md").read_text("utf-8")
CONVERTING = (examples.ROOT / "docs" / "converting.md").read_text("utf-8")
ON_PAGE_4 = examples.page_examples(examples.PAGE_4, dialect=4)
GRAMMAR = (examples.ROOT / "grammar" / "dicomedit6.lark").read_text("utf-8")
KEYWORDS = [*re.findall(r'^[A-Z_]+: "([a-zA-Z]+)"$', GRAMMAR, re.MULTILINE), "include"]
LIMITS = [
    source.MAX_BYTES,
    include.MAX_FILES,
    paths.MAX_STEPS,
    scan.MAX_DEPTH,
    encoding.MAX_SHORT_LENGTH,
    resolve.MAX_NEW_ITEMS,
    values.MAX_TEXT,
    values.MAX_ELEMENTS,
    decoding.MAX_DECODED_FRAME,
]


WRONG = [
    "// after (0010,0020) = 4712",
    "// after (0010,0020) is absent",
    "// after (0010,0020) is empty",
    "// after (0010,0021) = x",
    "// after (0008,1140) has 3 items",
    "// after (0008,1140)[2]/(0008,1155) = x",
    "// after (0010,0020) SH = 4711",
    "// echo x",
    "echo 1",
    "// error syntax",
    "// notice semicolon",
    "// rejected",
    "reject[]",
    ";",
]


@pytest.mark.filterwarnings("ignore")  # pydicom's remarks on values that are wrong on purpose
@pytest.mark.parametrize(
    "example", [*ON_PAGE, *IN_FILES, *ON_PAGE_4], ids=lambda example: example.name
)
def test_example(example, tmp_path):
    assert example.can_fail
    examples.run(example, tmp_path)


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_example_fails(text, tmp_path):
    with pytest.raises(AssertionError):
        examples.run(examples.parse("", text), tmp_path)


def test_page_is_up_to_date():
    script = examples.ROOT / "docs" / "build_reference.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_every_function_has_its_file():
    assert {file.stem for file in FILES} == {function.name for function in REGISTRY}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_examples_of_a_function_call_it(file):
    call = re.compile(rf"\b{file.stem}\[")
    for example in examples.file_examples(file):
        assert call.search(example.code), example.name


@pytest.mark.parametrize("function", [*REGISTRY_4], ids=lambda function: function.name)
def test_every_function_of_version_4_is_explained_and_called(function):
    assert f"| `{function.signature}` |" in PAGE_4
    call = re.compile(rf"\b{function.name}\[")
    assert any(call.search(example.code) for example in ON_PAGE_4)


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_every_keyword_has_an_example(keyword):
    word = re.compile(rf"(?<![\w\"]){keyword}\b")
    assert any(word.search(each.code) and not each.has("error") for each in ON_PAGE)


def test_every_code_is_explained():
    rows = r"`([a-z]+[a-z0-9-]*)`(?=[^|\n]*\|[^|\n]*\|$)"
    pages = PAGE + PAGE_4 + MIGRATING + CONVERTING + REMAP
    assert set(_codes()) <= set(re.findall(rows, pages, re.MULTILINE))
    on_pages = (*ON_PAGE, *ON_PAGE_4)
    told = {code for e in on_pages for word in ("error", "notice") for code in e.all(word)}
    assert told <= set(_codes())


def _codes():
    """Yield the first text among the arguments of every call that makes a diagnostic."""
    makers = {
        "failed",
        "notice",
        "warning",
        "_error",
        "_warning",
        "_notice",
        "Notice",
        "Diagnostic",
        "_finding",
    }
    makers |= {"Problem", "_Trouble"}
    for path in (examples.ROOT / "dicomedit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in makers:
                texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
                yield from [text for text in texts if _is_code(text)][:1]


def _is_code(text):
    return isinstance(text, str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text)


@pytest.mark.parametrize("limit", LIMITS)
def test_limit_is_on_the_page(limit):
    assert re.search(rf"^\|.*\b{limit:,}\b.*\|$", PAGE, re.MULTILINE)


def test_the_data_set_is_the_one_on_the_page():
    ds = examples.default_dataset()
    assert str(ds.PatientName) == "Doe^Jane"
    assert [item.ReferencedSOPInstanceUID for item in ds[0x00081140]] == ["1.2.3.9.1", "1.2.3.9.2"]
    assert ds.private_block(0x19, "ACME 1.0")[1].value == "coil 7"
