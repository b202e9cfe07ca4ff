"""What is known of a file after it was read, alone or after others with what they proved."""

from dicomedit import DicomFileError
from dicomedit.dicom.encoded import EncodedLevel
from dicomedit.dicom.findings import sequence_in_root
from dicomedit.dicom.lookout import Lookout
from dicomedit.io.read import DicomFile, locate_elements

WANTED = frozenset((0x00100010, 0x00081155))
"""The tags that are looked for in items."""


def read(data: bytes, lookout: Lookout) -> DicomFile | tuple[str, int | None]:
    try:
        return locate_elements(data, "in.dcm", lookout)
    except DicomFileError as error:
        return error.reason, error.offset


def seen(file: DicomFile | tuple[str, int | None]) -> object:
    """All that is known of a file, or why it is refused."""
    if isinstance(file, tuple):
        return file
    findings = file.root.content.scanner.findings
    nested = {tag: [place for _, place in hits] for tag, hits in findings.nested.items()}
    private = [spot and spot[3] for spot in findings.private]
    lengths = [(spot and spot[3], tag) for spot, tag in findings.group_lengths]
    tops = {
        tag: [sequence_in_root(spot) for spot, _ in hits] for tag, hits in findings.nested.items()
    }
    holding, wrapped = findings.holding, findings.has_wrapped
    return nested, tops, private, lengths, findings.ends, holding, wrapped, list(walk(file.root))


def walk(level: EncodedLevel) -> list[object]:
    found: list[object] = []
    for tag in level.tags():
        if level.is_sequence(tag):
            items = level.items(tag)
            found.append((tag, [(item.content.end, item.is_delimited) for item in items]))
            found += [each for item in items for each in walk(item)]
        else:
            found.append((tag, level.stored_vr(tag), level.value(tag)))
    return found
