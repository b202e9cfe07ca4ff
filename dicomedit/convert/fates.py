"""What becomes of every action of CTP and deid; docs/converting.md has the same tables."""

from __future__ import annotations

from enum import Enum

from dicomedit.records import Record


class Fate(Enum):
    """How well version 6 can say an action."""

    EXACT = "exact"
    IN_PART = "in part"
    APPROXIMATE = "approximate"
    NONE = "not convertible"


class Row(Record):
    """An action, its fate, and what becomes of it or why nothing does."""

    action: str
    fate: Fate
    remark: str


_NO_HASH = "version 6 has no MD5; with `--approximate` digits of `hashUID` take its place"
_NO_CLOCK = "version 6 does not know what time it is"
_NO_ARITHMETIC = "version 6 cannot calculate"

CTP = (
    Row("@always()", Fate.EXACT, "the element is created where it is absent; not in sequences"),
    Row("@append(){...}", Fate.EXACT, "`concatenate`"),
    Row("@blank(n)", Fate.EXACT, "a text of n blanks, 55 at most"),
    Row("@call(...)", Fate.NONE, "a plugin of CTP does it"),
    Row("@contents(element)", Fate.EXACT, "the original value, empty when absent"),
    Row(
        "@contents(element,regex,replacement)",
        Fate.IN_PART,
        "`replace`, when the expression is plain text; version 6 replaces no patterns",
    ),
    Row("@date(separator)", Fate.NONE, _NO_CLOCK),
    Row("@dateinterval(...)", Fate.NONE, _NO_ARITHMETIC),
    Row("@decrypt(...)", Fate.NONE, "version 6 does not decrypt"),
    Row("@empty()", Fate.IN_PART, 'the value becomes `""`; a sequence is removed'),
    Row("@encrypt(...)", Fate.NONE, "version 6 does not encrypt"),
    Row("@hash(element,n)", Fate.APPROXIMATE, _NO_HASH),
    Row("@hashdate(...)", Fate.NONE, _NO_ARITHMETIC),
    Row("@hashname(element,n,words)", Fate.APPROXIMATE, _NO_HASH),
    Row("@hashptid(site,element,n)", Fate.APPROXIMATE, _NO_HASH),
    Row(
        "@hashuid(root,element)",
        Fate.APPROXIMATE,
        "version 6 has no MD5; with `--approximate` it is `hashUID`, without the root",
    ),
    Row(
        "@if(element,condition,argument){...}{...}",
        Fate.IN_PART,
        "exists, isblank, equals, contains, matches; greaterthan is " + Fate.NONE.value,
    ),
    Row(
        "@incrementdate(element,days)",
        Fate.IN_PART,
        "`shiftDateTimeByIncrement`, when the number of days is known; what is no single date of"
        " eight digits becomes empty",
    ),
    Row("@initials(element)", Fate.IN_PART, "up to eight words; not with an offset"),
    Row("@integer(...)", Fate.NONE, "CTP keeps a table of the numbers it gave"),
    Row("@keep()", Fate.EXACT, "nothing is done"),
    Row("@lookup(element,type)", Fate.EXACT, "`lookup`, and `reject` when there is no entry"),
    Row(
        "@lookup(element,type,action,...)",
        Fate.IN_PART,
        "keep, remove, empty, default; ignore is " + Fate.NONE.value,
    ),
    Row("@lowercase(element)", Fate.EXACT, "`lowercase`"),
    Row(
        "@modifydate(element,year,month,day)",
        Fate.IN_PART,
        "when the day is a number up to 28; others may carry over into the next month",
    ),
    Row("@param(@NAME)", Fate.EXACT, "a variable at the top of the script"),
    Row("@pathelement(element,n)", Fate.EXACT, "`match`"),
    Row("@process()", Fate.IN_PART, "see below"),
    Row("@quarantine()", Fate.EXACT, "`reject[]`"),
    Row("@remove()", Fate.EXACT, "the element is deleted"),
    Row("@require(element,default)", Fate.EXACT, "a present element is kept"),
    Row("@round(element,n)", Fate.NONE, _NO_ARITHMETIC),
    Row("@select(){...}{...}", Fate.EXACT, "the first at the top level, the second in items"),
    Row(
        "@skip()",
        Fate.IN_PART,
        "`reject[]`: CTP lets the file pass as it is, which is not safe",
    ),
    Row("@time(separator)", Fate.NONE, _NO_CLOCK),
    Row("@truncate(element,n)", Fate.EXACT, "`match`"),
    Row("@uppercase(element)", Fate.EXACT, "`uppercase`"),
    Row("@value(element,default)", Fate.EXACT, "the original value, or the default"),
)

DEID = (
    Row("ADD field value", Fate.EXACT, "created at the top level, replaced in items"),
    Row("BLANK field", Fate.IN_PART, 'the value becomes `""`; a sequence is removed'),
    Row("JITTER field days", Fate.IN_PART, "`shiftDateTimeListByIncrement`; DA and DT only"),
    Row("KEEP field", Fate.EXACT, "no other action is about the field"),
    Row("REMOVE field", Fate.EXACT, "the element is deleted at every level"),
    Row("REPLACE field value", Fate.IN_PART, "where the element exists; a sequence is removed"),
    Row("REMOVE field func:name", Fate.NONE, "a function of Python decides"),
    Row("REMOVE field contains:pattern", Fate.NONE, "version 6 cannot ask all elements"),
    Row("REMOVE ALL values:name", Fate.NONE, "version 6 cannot ask all elements"),
    Row("var:name", Fate.EXACT, "a variable of the script, given with `--set`"),
    Row("func:name", Fate.NONE, "a function of Python makes the value"),
    Row("deid_func:jitter days=n", Fate.IN_PART, "as JITTER"),
    Row(
        "deid_func:dicom_uuid, pydicom_uuid, simple_uuid",
        Fate.APPROXIMATE,
        "with `--approximate` it is `hashUIDList`; VR UI only",
    ),
    Row("ALL", Fate.IN_PART, "KEEP and REMOVE only: sequences cannot be emptied"),
    Row(
        "startswith:, endswith:, contains:",
        Fate.EXACT,
        "the keywords of the dictionary that match",
    ),
    Row("except:, allexcept:", Fate.EXACT, "all elements but those; KEEP and REMOVE only"),
    Row("select:group:, select:VR:", Fate.IN_PART, "the VR is that of the dictionary"),
    Row("fields:name", Fate.EXACT, "the fields of the section"),
    Row("%filter whitelist", Fate.EXACT, "nothing is done"),
    Row("%filter with coordinates", Fate.EXACT, "`alterPixels` on a condition"),
    Row("%filter without coordinates", Fate.EXACT, "files that it flags are rejected"),
    Row("keepcoordinates, coordinates all or from:", Fate.NONE, "version 6 has rectangles only"),
    Row("%labels, %values", Fate.NONE, "they change no file by themselves"),
)
