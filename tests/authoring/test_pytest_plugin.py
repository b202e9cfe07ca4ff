"""The plugin of pytest, in a process of its own."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

GOOD = '[[case]]\nname = "the ID goes"\nexpect = { PatientID = "ANON" }\n'
BAD = '[[case]]\nname = "nothing happens"\nelements = { PatientID = "4711" }\n'


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makefile(".das", anon='version "6.6"\n(0010,0020) := "ANON"\n')
    return pytester


def test_cases_are_collected(project: pytest.Pytester):
    project.makefile(".test.toml", anon=GOOD + BAD)
    result = project.runpytest_subprocess("-v", "-W", "error")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "anon.test.toml::the ID goes PASSED*",
            "anon.test.toml::nothing happens FAILED*",
            '(0010,0020) PatientID: changed from "4711" to "ANON", which is not expected',
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_a_file_that_is_wrong_is_an_error(project: pytest.Pytester):
    project.makefile(".test.toml", anon=GOOD + "wrong = 1\n")
    result = project.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*case "the ID goes": there is no key "wrong" here; *'])


def test_it_can_be_switched_off(project: pytest.Pytester):
    project.makefile(".test.toml", anon=BAD)
    result = project.runpytest_subprocess("-p", "no:dicomedit")
    assert result.ret is pytest.ExitCode.NO_TESTS_COLLECTED


def test_it_imports_nothing_where_there_are_no_such_tests(project: pytest.Pytester):
    project.makepyfile(
        """
        import sys

        def test_modules():
            loaded = {name for name in sys.modules if name.startswith("dicomedit")}
            assert loaded == {
                "dicomedit", "dicomedit.authoring", "dicomedit.authoring.testing",
            "dicomedit.authoring.testing.pytest_plugin"
            }
            assert not {"pydicom", "numpy", "lark", "regex"} & sys.modules.keys()
        """
    )
    project.runpytest_subprocess().assert_outcomes(passed=1)
