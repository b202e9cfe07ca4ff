"""`dicomedit convert`: scripts of other programs become scripts of version 6."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomedit import compile_script
from dicomedit.cli.main import main

CTP = """<script>
<p t="DATEINC">Enter your offset</p>
<e en="T" t="00100010" n="PatientName">@remove()</e>
<e en="T" t="00080020" n="StudyDate">@incrementdate(this,@DATEINC)</e>
</script>
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "ctp.script"
    path.write_text(CTP)
    return path


def test_the_new_script_is_printed_and_what_is_not_converted_is_told(script: Path, capsys):
    assert main(["convert", str(script)]) == 1
    told = capsys.readouterr()
    compile_script(told.out)
    assert "-(0008,0020)" in told.out
    assert "ctp.script:4:1" in told.err and "--set DATEINC=..." in told.err


def test_the_new_script_is_written(script: Path, tmp_path: Path, capsys):
    new = tmp_path / "new.das"
    assert main(["convert", str(script), "-o", str(new), "--set", "DATEINC=-7"]) == 0
    assert "shiftDateTimeByIncrement" in new.read_text()
    assert capsys.readouterr() == ("", "")


def test_the_other_script_is_not_replaced(script: Path, capsys):
    assert main(["convert", str(script), "-o", str(script)]) == 2
    assert "would replace the old one" in capsys.readouterr().err
    assert script.read_text() == CTP


def test_recipes_are_known_by_their_content(tmp_path: Path, capsys):
    (tmp_path / "deid").write_text("FORMAT dicom\n\n%header\nREMOVE PatientName\n")
    assert main(["convert", str(tmp_path / "deid")]) == 0
    assert "removeTags[*/(0010,0010)]" in capsys.readouterr().out
    assert main(["convert", "--from", "ctp", str(tmp_path / "deid")]) == 2
    assert "deid:1:1" in capsys.readouterr().err


def test_what_is_neither_is_an_error(tmp_path: Path, capsys):
    (tmp_path / "odd").write_text("hello\n")
    assert main(["convert", str(tmp_path / "odd"), "-o", str(tmp_path / "new.das")]) == 2
    assert "neither" in capsys.readouterr().err
    assert not (tmp_path / "new.das").exists()


def test_a_wrong_parameter_is_an_error(script: Path):
    with pytest.raises(SystemExit):
        main(["convert", str(script), "--set", "DATEINC"])
