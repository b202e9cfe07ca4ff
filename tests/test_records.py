"""Records behave like dataclasses, and are cheap to define."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys

import pytest

from dicomedit.records import Record, field, replace


class Point(Record):
    """Where."""

    x: int
    y: int = 0
    note: str = field(default="", compare=False)
    secret: str = field(default="s", repr=False)

    @property
    def total(self) -> int:
        return self.x + self.y


class Other(Record):
    x: int
    y: int = 0
    note: str = field(default="", compare=False)
    secret: str = field(default="s", repr=False)


class Named(Point):
    name: str = "n"


class Bag(Record, frozen=False):
    things: list[int] = field(factory=list)
    count: int = 0


class Pair(Record):
    first: object
    second: object


class Empty(Record):
    pass


class Rounded(Record):
    value: float

    def __init__(self, value: float) -> None:
        object.__setattr__(self, "value", round(value))


class Within(Rounded):
    unit: str

    def __init__(self, unit: str) -> None:
        super().__init__(1.2)
        object.__setattr__(self, "unit", unit)


class Checked(Point):
    def __init__(self, x: int) -> None:
        super().__init__(x, y=x)


SOME = (Point(1), Named(1, 2, name="a"), Bag([1], 2), Empty(), Pair(Point(1), (Empty(),)))


def test_arguments_are_positional_or_named_and_have_defaults():
    assert Point(1) == Point(x=1, y=0) == Point(1, 0, "", "s")
    assert Point(1, 2).y == Point(y=2, x=1).y == 2
    assert Named(1, 2, "", "s", "a").name == "a"
    assert Empty() == Empty()


@pytest.mark.parametrize("arguments", [(), (1, 2, "", "s", 5)])
def test_wrong_arguments_are_type_errors_that_name_the_class(arguments):
    for _ in range(2):  # the first call and those after it
        with pytest.raises(TypeError, match=r"Point\.__init__\(\)"):
            Point(*arguments)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=2)


def test_equality_is_by_class_and_compared_fields():
    assert Point(1, 2, note="a") == Point(1, 2, note="b")
    assert Point(1, 2) != Point(1, 3)
    assert Point(1, 2, secret="t") != Point(1, 2)
    assert Point(1) != Other(1)
    assert Point(1) != Named(1)
    assert Point(1) != (1, 0, "", "s")
    assert Bag([1]) == Bag([1]) != Bag([2])


def test_hashes_agree_with_equality():
    assert hash(Point(1, 2, note="a")) == hash(Point(1, 2, note="b"))
    assert len({Point(1), Point(1, note="a"), Point(2), Other(1), Empty(), Empty()}) == 4
    with pytest.raises(TypeError, match="unhashable"):
        hash(Bag())


def test_frozen_records_cannot_be_changed():
    point = Point(1)
    with pytest.raises(AttributeError, match="x of Point cannot be changed"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="z of Point"):
        point.z = 2  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        del point.x
    assert point == Point(1)


def test_other_records_can_be_changed_but_not_added_to():
    bag = Bag()
    bag.count += 1
    bag.things.append(3)
    assert bag == Bag([3], 1)
    with pytest.raises(AttributeError):
        bag.more = 1  # type: ignore[attr-defined]


def test_factories_make_a_new_value_each_time():
    assert Bag().things is not Bag().things
    given: list[int] = []
    assert Bag(given).things is given


def test_a_default_that_can_change_is_refused():
    with pytest.raises(TypeError, match="factory"):

        class Wrong(Record):
            things: list[int] = []  # noqa: RUF012


def test_text():
    assert repr(Point(1, note="a")) == "Point(x=1, y=0, note='a')"
    assert repr(Named(1)) == "Named(x=1, y=0, note='', name='n')"
    assert repr(Pair(Empty(), None)) == "Pair(first=Empty(), second=None)"


def test_patterns():
    match Pair(Point(1, 2), Empty()):
        case Pair(Point(x, y=y), Empty()):
            assert (x, y) == (1, 2)
        case _:
            pytest.fail("no match")
    assert Point.__match_args__ == ("x", "y", "note", "secret")


@pytest.mark.parametrize("record", SOME, ids=repr)
def test_records_are_pickled_and_copied(record):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(record, protocol)) == record
    assert copy.copy(record) == copy.deepcopy(record) == record


def test_pickling_keeps_what_is_not_compared():
    assert pickle.loads(pickle.dumps(Point(1, note="a"))).note == "a"


def test_replace():
    assert replace(Point(1, 2, "a"), y=3).note == "a"
    assert replace(Point(1, 2), y=3) == Point(1, 3)
    assert replace(Named(1), name="b") == Named(1, name="b")
    with pytest.raises(TypeError):
        replace(Point(1), z=3)


def test_a_class_may_have_its_own_init():
    assert Rounded(1.6).value == 2
    assert pickle.loads(pickle.dumps(Within("mm"))) == Within("mm")
    assert (Within("mm").value, Within("mm").unit) == (1, "mm")
    assert (Checked(3).y, Point(3).y) == (3, 0)


def test_two_threads_may_make_the_first_instances():
    class Fresh(Record):
        x: int

    seen_by_the_other = Fresh.__init__
    assert Fresh(1).x == 1
    record = Fresh.__new__(Fresh)
    seen_by_the_other(record, 2)
    assert record.x == 2


def test_instances_have_slots_only():
    assert not any(hasattr(record, "__dict__") for record in SOME)


@pytest.mark.parametrize("args", [(), (1,), (1, 2, "n", "t"), (1, 2, "n", "t", 5)])
@pytest.mark.parametrize("named", [{}, {"x": 3}, {"y": 4, "secret": "u"}, {"things": []}, {"z": 5}])
def test_the_first_instances_are_made_as_all_others(args, named):
    def made() -> object:
        try:
            record = Fresh(*args, **named)
        except TypeError as error:
            return str(error).partition(".<locals>.")[2]
        return [getattr(record, name) for name in Fresh.__match_args__]

    class Fresh(Point):
        things: list[int] = field(factory=list)

    results = [made() for _ in range(9)]
    assert results == results[:1] * 9


def test_the_compiled_init_takes_the_fields():
    for _ in range(9):
        Point(1)
    assert list(inspect.signature(Point).parameters) == ["x", "y", "note", "secret"]


def test_defining_records_imports_nothing():
    code = (
        "import __future__, operator, sys; sys.modules['dicomedit'] = type(sys)('dicomedit');"
        "sys.modules['dicomedit'].__path__ = sys.argv[1:]; known = set(sys.modules);"
        "import dicomedit.records; print(*set(sys.modules) - known)"
    )
    folder = inspect.getsourcefile(Record).rpartition("records.py")[0]
    done = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["dicomedit.records"]
