"""Codes of statements that have no effect, of variables, and of what surprises in the language."""

from __future__ import annotations

from dicomedit.authoring.checking.code import Code

CODES = (
    # variables
    Code(
        "undeclared-variable",
        "info",
        "A variable must be given from outside",
        "No statement sets it. That is right for a parameter of the script; `describe` says so.",
        "(0012,0040) := subject\n",
        'describe subject "the number of the subject"\n(0012,0040) := subject\n',
    ),
    Code(
        "misspelt-variable",
        "warning",
        "A variable is never set, but one of nearly the same name is",
        "Capital and small letters differ, except in DicomEdit 4.",
        'subject := "S-1"\n(0010,0020) := subjct\n(0010,0010) := subject\n',
        'subject := "S-1"\n(0010,0020) := subject\n(0010,0010) := subject\n',
    ),
    Code(
        "set-too-late",
        "warning",
        "A variable is read before it is set",
        "Statements run from top to bottom. The script fails here unless the variable is given.",
        '(0010,0020) := id\nid := "S-1"\n',
        'id := "S-1"\n(0010,0020) := id\n',
    ),
    Code(
        "maybe-unset-variable",
        "warning",
        "A variable is set in some branches only",
        "Where none of them is taken the script fails.",
        '(0008,0060) = "MR" ? label := "M"\n(0008,1030) := label\n',
        '(0008,0060) = "MR" ? label := "M" : label := ""\n(0008,1030) := label\n',
    ),
    Code(
        "unused-variable",
        "warning",
        "A variable is set and never read",
        "What it was meant for may be missing, or have another name.",
        'id := hashUID[(0010,0020)]\n(0010,0020) := "ANON"\n',
        "id := hashUID[(0010,0020)]\n(0010,0020) := id\n",
    ),
    Code(
        "unused-description",
        "info",
        "A variable is described and never read",
        "Whoever runs the script is asked for it in vain.",
        'describe site "the name of the site"\n-(0008,0080)\n',
        'describe site "the name of the site"\n(0008,0080) := site\n',
    ),
    # no effect
    Code(
        "no-effect",
        "warning",
        "The statement does nothing",
        "The element is deleted already, or is assigned to itself.",
        '-*/(0010,0010)\n(0010,0010) ?= "ANON"\n',
        '(0010,0010) := "ANON"\n-+/(0010,0010)\n',
    ),
    Code(
        "overwritten-value",
        "warning",
        "An element is assigned a value that nobody sees",
        "A later statement replaces or deletes it before anything reads it.",
        '(0010,0010) := "ANON"\n(0010,0010) := "ANON^1"\n',
        '(0010,0010) := "ANON^1"\n',
    ),
    Code(
        "read-after-delete",
        "warning",
        "An element is read after it was deleted",
        "It is always absent there. Read it first.",
        "-(0010,0020)\n(0010,0010) := hashUID[(0010,0020)]\n",
        "(0010,0010) := hashUID[(0010,0020)]\n-(0010,0020)\n",
    ),
    Code(
        "unused-result",
        "warning",
        "The value of a function is not used",
        "The function changes nothing; it gives a value, which is dropped.",
        "uppercase[(0010,0020)]\n",
        "(0010,0020) := uppercase[(0010,0020)]\n",
    ),
    Code(
        "unreachable",
        "warning",
        "A statement is never reached",
        "`reject[]` ends the script for this data set.",
        "reject[]\n-(0010,0010)\n",
        '(0008,0060) = "SR" ? reject[]\n-(0010,0010)\n',
    ),
    Code(
        "empty-block",
        "info",
        "No branch does anything",
        "The blocks have no statements.",
        'if ((0008,0060) = "MR") {\n}\n',
        'if ((0008,0060) = "MR") {\n    -(0008,1030)\n}\n',
    ),
    Code(
        "constant-condition",
        "warning or info",
        "A condition is the same for every file",
        "Nothing in it depends on the data set. With a variable, which may be a switch of the"
        " script, it is an info.",
        '"MR" = "CT" ? -(0008,1030)\n',
        '(0008,0060) = "CT" ? -(0008,1030)\n',
    ),
    Code(
        "repeated-condition",
        "warning",
        "An earlier branch has the same condition",
        "The first one is taken, this one never.",
        'if ((0008,0060) = "MR") {\n    -(0008,1030)\n} elseif ((0008,0060) = "MR") {\n'
        "    -(0008,103E)\n}\n",
        'if ((0008,0060) = "MR") {\n    -(0008,1030)\n} elseif ((0008,0060) = "CT") {\n'
        "    -(0008,103E)\n}\n",
    ),
    Code(
        "does-nothing",
        "info",
        "The script changes nothing",
        "It has no statement that could.",
        'version "6.6"\n',
        'version "6.6"\n-(0010,0010)\n',
    ),
    Code(
        "earlier-wins",
        "warning",
        "In DicomEdit 4 the earlier statement wins",
        "Changes are made from the last statement up to the first, so that an earlier one replaces"
        " or deletes what this one did.",
        '-(0010,XXXX)\n(0010,0020) := "kept"\n',
        '(0010,0020) := "kept"\n-(0010,XXXX)\n',
        4,
    ),
    # what surprises
    Code(
        "may-keep-value",
        "warning or info",
        "The element may keep the value it has",
        "When `:=` has nothing to assign, the element stays as it is. So identifiers survive a"
        " script that was meant to replace them. `lookup` gives nothing for an unknown key, `match`"
        " without a match; these are warnings. An element that is absent is nothing, too: that is"
        " an info.",
        '(0010,0020) := lookup["pid", (0010,0020)]\n',
        'id := lookup["pid", (0010,0020)]\nid !~ ".+" ? reject[]\n(0010,0020) := id\n',
    ),
    Code(
        "absent-or-empty",
        "info or warning",
        "Absent is not empty",
        'An absent element is not equal to `""`, so that `= ""` is false and `!= ""` is true.'
        " So is what `lookup` and `match` give when they find nothing: that is a warning.",
        '(0010,0020) = "" ? reject[]\n',
        '(0010,0020) !~ ".+" ? reject[]\n',
    ),
    Code(
        "whole-match",
        "warning or info",
        "`~` matches the whole value",
        "It does not search. A pattern without any sign of a regular expression matches only"
        " itself. In elements of free text, where that is hardly ever meant, it is a warning.",
        '(0008,103E) ~ "LOCALIZER" ? reject[]\n',
        '(0008,103E) ~ ".*LOCALIZER.*" ? reject[]\n',
    ),
    Code(
        "never-equal",
        "warning",
        "The element is never read as this text",
        "Values are read without blanks around them, whole numbers without leading zeros, and"
        " numbers of VR FL and FD with at least one digit behind the point.",
        '(0018,9087) = "1000" ? reject[]\n',
        '(0018,9087) = "1000.0" ? reject[]\n',
    ),
    Code(
        "misses-top-level",
        "warning or info",
        "`+` leaves out the top level",
        "It means one level of sequences or more. No other statement changes the element at the top"
        " level, so it stays there. For elements that seldom stand at the top level it is an info.",
        "-+/(0010,0010)\n",
        "-*/(0010,0010)\n",
    ),
    # the original program
    Code(
        "reference-differs",
        "info",
        "The original program does something else",
        "The script is right here. It matters only where DicomEdit 6.6 runs it, too.",
        '(0019,{1.2.840}01) ?= ""\n',
        '(0019,{ACME 1.0}01) ?= ""\n',
    ),
    Code(
        "missing-version",
        "info",
        "A script of version 6 has no version statement",
        "It is version 6 only because it was said so from outside. Other programs take it for"
        " DicomEdit 4.",
        "-(0010,0010)\n",
        'version "6.6"\n-(0010,0010)\n',
    ),
    Code(
        "version-place",
        "info",
        "The version statement is not where other programs look for it",
        "They want it before all other statements, at the beginning of a line.",
        '-(0010,0010)\nversion "6.6"\n',
        'version "6.6"\n-(0010,0010)\n',
    ),
    # comments
    Code(
        "unknown-code",
        "info",
        "A comment asks to ignore something that is not known",
        "The comment names a code in brackets: `// dicomedit: ignore[unused-variable]`.",
        "-(0010,0010) // dicomedit: ignore[everything]\n",
        "-(0010,0010)\n",
    ),
    Code(
        "unused-ignore",
        "info",
        "A comment asks to ignore what is not there",
        "The finding is gone, or is an error, which cannot be ignored.",
        "-(0010,0010) // dicomedit: ignore[unknown-element]\n",
        "-(0010,0010)\n",
    ),
)
