"""Blanking a rectangle: each kind of pixel data against a plain model of it in numpy.

A picture of the result is made by pydicom's decoder of native pixel data, that of the source by
its decoder for the source; between the two only the rectangle may differ.
"""

import hashlib
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from struct import pack

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import get_decoder, get_encoder

from dicomedit.errors import EvaluationError
from dicomedit.pixels.clean import Blanked, blank
from dicomedit.pixels.frames import Image
from dicomedit.pixels.regions import Fill, Rectangle
from dicomedit.records import replace

IMPLICIT, EXPLICIT, BIG, DEFLATED = (f"1.2.840.10008.1.2{end}" for end in ("", ".1", ".2", ".1.99"))
JPEG_LS, JPEG_2000, HTJ2K, MPEG2 = (f"1.2.840.10008.1.2.4.{end}" for end in (80, 90, 201, 100))
RLE = "1.2.840.10008.1.2.5"

BYTES = Image(EXPLICIT, 4, 6, 1, "MONOCHROME2", 8, 8, 0)
WORDS = replace(BYTES, bits_allocated=16, bits_stored=12)
COLOUR = replace(BYTES, samples_per_pixel=3, photometric_interpretation="RGB")


def image_of(ds: pydicom.Dataset) -> Image:
    return Image(
        transfer_syntax=str(ds.file_meta.TransferSyntaxUID),
        rows=ds.Rows,
        columns=ds.Columns,
        samples_per_pixel=ds.SamplesPerPixel,
        photometric_interpretation=ds.PhotometricInterpretation,
        bits_allocated=ds.BitsAllocated,
        bits_stored=ds.BitsStored,
        pixel_representation=ds.PixelRepresentation,
        planar_configuration=ds.get("PlanarConfiguration") or 0,
        number_of_frames=int(ds.get("NumberOfFrames") or 1),
        vr=ds["PixelData"].VR,
    )


def read(name: str) -> tuple[Image, bytes]:
    ds = pydicom.dcmread(str(get_testdata_file(name)))
    return image_of(ds), ds.PixelData


def blanked(
    image: Image, data: bytes, rectangle: Rectangle | None, *fill: int
) -> tuple[Blanked, bytes]:
    sink = BytesIO()
    result = blank(image, data, rectangle, sink, fill=Fill(fill) if fill else None)
    return result, sink.getvalue()


def picture(image: Image, data: bytes, *, raw: bool = True) -> np.ndarray:
    """Return pixel data as pydicom sees it: frames, rows, columns, samples."""
    array, _ = get_decoder(image.transfer_syntax).as_array(
        data,
        raw=raw,
        rows=image.rows,
        columns=image.columns,
        number_of_frames=image.number_of_frames,
        samples_per_pixel=image.samples_per_pixel,
        photometric_interpretation=image.photometric_interpretation,
        bits_allocated=image.bits_allocated,
        bits_stored=image.bits_stored,
        pixel_representation=image.pixel_representation,
        planar_configuration=image.planar_configuration,
        pixel_keyword="PixelData",
        pixel_vr=image.vr,
    )
    shape = (image.number_of_frames, image.rows, image.columns, image.samples_per_pixel)
    return array.reshape(shape).astype("i8")


def noise(image: Image, seed: int = 1) -> bytes:
    """Return native pixel data of an image, all bits at random."""
    content = np.random.default_rng(seed).bytes(image.native_length)
    return content + bytes(len(content) % 2)


def fragments(*contents: bytes, table: tuple[int, ...] = ()) -> bytes:
    parts = (pack(f"<{len(table)}L", *table), *contents)
    return b"".join(pack("<HHL", 0xFFFE, 0xE000, len(part)) + part for part in parts)


# --- Rectangles and fills


@pytest.mark.parametrize(
    ("corners", "clipped"),
    [
        ((1, 2, 5, 6), (1, 2, 5, 6)),
        ((5, 6, 1, 2), (1, 2, 5, 6)),
        ((-3, -3, 2, 2), (0, 0, 2, 2)),
        ((6, 6, 30, 30), (6, 6, 10, 8)),
        ((0, 0, 10, 8), (0, 0, 10, 8)),
        ((20, 20, 30, 30), None),
        ((10, 0, 12, 8), None),
        ((3, 3, 3, 5), None),
    ],
)
def test_rectangles_are_clipped(
    corners: tuple[int, int, int, int], clipped: tuple[int, int, int, int] | None
) -> None:
    expected = Rectangle(*clipped) if clipped else None
    assert Rectangle(*corners).clipped(rows=8, columns=10) == expected


@pytest.mark.parametrize(
    ("image", "fill"),
    [(BYTES, (256,)), (BYTES, (-1,)), (BYTES, (1, 2, 3)), (COLOUR, (1, 2)), (WORDS, (4096,))],
)
def test_fills_that_do_not_fit_are_refused(image: Image, fill: tuple[int, ...]) -> None:
    with pytest.raises(EvaluationError) as caught:
        blanked(image, noise(image), Rectangle(0, 0, 1, 1), *fill)
    assert caught.value.code == "pixel-fill"


# --- What the reference implementation wrote

COUNTED = Image(EXPLICIT, 8, 8, 1, "MONOCHROME2", 8, 8, 0, vr="OB")
COUNTED_WORDS = replace(COUNTED, bits_allocated=16, bits_stored=16, vr="OW")
COUNTED_COLOUR = replace(COLOUR, rows=6, columns=6, vr="OB")
COUNTED_FRAMES = replace(COUNTED, rows=4, columns=4, number_of_frames=2)
GOLDEN = [
    # image, its samples (0, step, 2 x step ...), corners, how the reference's result begins
    (COUNTED, 3, (1, 1, 3, 3), "000306090c0f12151800002124272a2d300000393c3f42"),
    (COUNTED, 3, (2, 0, 4, 1), "000300000c0f12"),
    (COUNTED_WORDS, 37, (0, 0, 2, 2), "000000004a006f009400b900de0003010000000072019701"),
    (COUNTED_COLOUR, 2, (1, 1, 3, 3), "00020406080a0c0e10121416181a1c1e20222426280000000000003638"),
    (COUNTED_FRAMES, 1, (1, 1, 3, 3), "00010203040000070800000b0c0d0e0f10111213140000171800001b"),
]


@pytest.mark.parametrize(("image", "step", "corners", "begin"), GOLDEN)
def test_same_bytes_as_the_reference(
    image: Image, step: int, corners: tuple[int, int, int, int], begin: str
) -> None:
    count = image.native_length * 8 // image.bits_allocated
    samples = np.arange(0, count * step, step).astype(f"<u{image.bits_allocated // 8}")
    result, data = blanked(image, samples.tobytes(), Rectangle(*corners))
    assert result == Blanked(image)
    assert data.hex().startswith(begin)


@pytest.mark.parametrize(
    ("name", "corners", "vr", "digest"),
    [
        ("MR_small.dcm", (10, 5, 40, 20), "OW", "773c1f394770120e"),
        ("MR_small_implicit.dcm", (10, 5, 40, 20), "OW", "773c1f394770120e"),
        ("MR_small_RLE.dcm", (10, 5, 40, 20), "OW", "773c1f394770120e"),
        ("CT_small.dcm", (0, 0, 128, 16), "OW", "c93c5487ce65c1d2"),
        ("SC_rgb_rle_2frame.dcm", (10, 10, 30, 30), "OB", "f188aba3be1c2263"),
    ],
)
def test_same_pixels_as_the_reference(
    name: str, corners: tuple[int, int, int, int], vr: str, digest: str
) -> None:
    result, data = blanked(*read(name), Rectangle(*corners))
    assert result.image.vr == vr
    assert hashlib.sha256(data).hexdigest().startswith(digest)


def test_big_endian_pixels_stay_in_their_byte_order() -> None:
    _, little = blanked(*read("MR_small.dcm"), Rectangle(10, 5, 40, 20))
    result, big = blanked(*read("MR_small_bigendian.dcm"), Rectangle(10, 5, 40, 20))
    assert result.image.transfer_syntax == BIG
    assert np.frombuffer(big, ">i2").tolist() == np.frombuffer(little, "<i2").tolist()


# --- Native pixel data

NATIVE = {
    "bytes": BYTES,
    "implicit": replace(BYTES, transfer_syntax=IMPLICIT),
    "deflated": replace(BYTES, transfer_syntax=DEFLATED),
    "inverted": replace(BYTES, photometric_interpretation="MONOCHROME1"),
    "palette": replace(BYTES, photometric_interpretation="PALETTE COLOR"),
    "odd length": replace(BYTES, rows=3, columns=5),
    "frames": replace(BYTES, number_of_frames=5),
    "odd frames": replace(BYTES, rows=3, columns=5, number_of_frames=5),
    "words": replace(WORDS, number_of_frames=2),
    "signed words": replace(WORDS, pixel_representation=1, bits_stored=16),
    "big endian words": replace(WORDS, transfer_syntax=BIG),
    "big endian bytes": replace(BYTES, transfer_syntax=BIG, vr="OB", number_of_frames=2),
    "long words": replace(WORDS, bits_allocated=32, bits_stored=32),
    "big endian long words": replace(
        WORDS, bits_allocated=32, bits_stored=32, transfer_syntax=BIG, number_of_frames=2
    ),
    "swapped bytes": replace(BYTES, transfer_syntax=BIG, vr="OW"),
    "swapped odd frames": replace(
        BYTES, rows=3, columns=5, transfer_syntax=BIG, vr="OW", number_of_frames=5
    ),
    "bits": replace(BYTES, bits_allocated=1, bits_stored=1),
    "bits of frames": replace(
        BYTES, rows=5, columns=7, bits_allocated=1, bits_stored=1, number_of_frames=11
    ),
    "wide bits": replace(
        BYTES, rows=5, columns=61, bits_allocated=1, bits_stored=1, number_of_frames=3
    ),
    "colour by pixel": replace(COLOUR, number_of_frames=2),
    "colour by plane": replace(COLOUR, planar_configuration=1, number_of_frames=2),
    "odd colour": replace(COLOUR, rows=3, columns=5),
    "colour words": replace(COLOUR, bits_allocated=16, bits_stored=16, planar_configuration=1),
    "YBR": replace(COLOUR, photometric_interpretation="YBR_FULL"),
}
CORNERS = [(0, 0, 6, 4), (1, 1, 4, 3), (2, 0, 3, 1), (4, 2, 60, 99), (-1, 3, 1, 4), (9, 1, 2, 3)]


@pytest.mark.parametrize("fill", [(), (1,)])
@pytest.mark.parametrize("corners", CORNERS)
@pytest.mark.parametrize("kind", NATIVE)
def test_native_pixels(kind: str, corners: tuple[int, int, int, int], fill: tuple[int]) -> None:
    image, data = NATIVE[kind], noise(NATIVE[kind])
    area = Rectangle(*corners)
    result, output = blanked(image, data, area, *fill)
    assert result == Blanked(image.written_as(image.transfer_syntax))
    assert len(output) == len(data)
    expected = picture(image, data)
    left, right = sorted((max(corners[0], 0), corners[2]))
    expected[:, corners[1] : corners[3], left:right] = fill or 0
    assert np.array_equal(picture(image, output), expected)


@pytest.mark.parametrize("planar", [0, 1])
def test_a_fill_may_name_a_value_for_each_sample(planar: int) -> None:
    image = replace(COLOUR, planar_configuration=planar)
    _, output = blanked(image, noise(image), Rectangle(1, 1, 3, 3), 10, 20, 30)
    area = picture(image, output)[0, 1:3, 1:3]
    assert area.tolist() == [[[10, 20, 30]] * 2] * 2


@pytest.mark.parametrize(
    ("left", "right", "pairs"), [(2, 4, (1, 2)), (1, 4, (0, 2)), (3, 5, (1, 3))]
)
def test_pixels_that_share_colour_go_in_pairs(
    left: int, right: int, pairs: tuple[int, int]
) -> None:
    image = replace(COLOUR, photometric_interpretation="YBR_FULL_422", number_of_frames=2)
    data = noise(image)
    _, output = blanked(image, data, Rectangle(left, 1, right, 3), 1, 2, 3)
    expected = np.frombuffer(data, "u1").reshape(2, 4, 3, 4).copy()
    expected[:, 1:3, pairs[0] : pairs[1]] = (1, 1, 2, 3)
    assert output == expected.tobytes()


@pytest.mark.parametrize("kind", NATIVE)
def test_nothing_to_blank_changes_no_byte(kind: str) -> None:
    data = noise(NATIVE[kind])
    assert blanked(NATIVE[kind], data, Rectangle(90, 90, 99, 99))[1] == data
    assert blanked(NATIVE[kind], data, None)[1] == data


def test_the_byte_that_makes_the_length_even() -> None:
    image = replace(BYTES, rows=1, columns=3)
    for data in (b"abc", b"abc\0", b"abcX"):
        assert blanked(image, data, Rectangle(1, 0, 2, 1))[1] == b"a\0c\0"


def test_zeros_behind_the_last_frame_are_kept() -> None:
    image, data = read("MR_small_padded.dcm")
    assert len(data) > image.native_length
    assert blanked(image, data, None)[1] == data


def test_a_view_of_a_larger_buffer_will_do() -> None:
    data = noise(BYTES)
    view = memoryview(b"before" + data + b"after")[6 : 6 + len(data)]
    sink = BytesIO()
    blank(BYTES, view, None, sink)
    assert sink.getvalue() == data


# --- Compressed pixel data

COMPRESSED = [
    # name, photometric interpretation afterwards, lossy method, VR
    ("693_J2KI.dcm", "MONOCHROME2", "ISO_15444_1", "OW"),
    ("GDCMJ2K_TextGBR.dcm", "RGB", None, "OB"),
    ("J2K_pixelrep_mismatch.dcm", "MONOCHROME2", None, "OW"),
    ("JPEG2000.dcm", "MONOCHROME2", "ISO_15444_1", "OW"),
    ("JPEGLSNearLossless_08.dcm", "MONOCHROME2", "ISO_14495_1", "OB"),
    ("JPEGLSNearLossless_16.dcm", "MONOCHROME2", "ISO_14495_1", "OW"),
    ("JPGExtended.dcm", "MONOCHROME2", "ISO_10918_1", "OW"),
    ("MR_small_RLE.dcm", "MONOCHROME2", None, "OW"),
    ("MR_small_jp2klossless.dcm", "MONOCHROME2", None, "OW"),
    ("MR_small_jpeg_ls_lossless.dcm", "MONOCHROME2", None, "OW"),
    ("SC_jpeg_no_color_transform.dcm", "RGB", "ISO_10918_1", "OB"),
    ("SC_rgb_dcmtk_+eb+cr.dcm", "RGB", "ISO_10918_1", "OB"),
    ("SC_rgb_dcmtk_+eb+cy+np.dcm", "RGB", "ISO_10918_1", "OB"),
    ("SC_rgb_dcmtk_+eb+cy+s4.dcm", "RGB", "ISO_10918_1", "OB"),
    ("SC_rgb_gdcm_KY.dcm", "RGB", "ISO_15444_1", "OB"),
    ("SC_rgb_jls_lossy_line.dcm", "RGB", "ISO_14495_1", "OB"),
    ("SC_rgb_jls_lossy_sample.dcm", "RGB", "ISO_14495_1", "OB"),
    ("SC_rgb_jpeg_gdcm.dcm", "RGB", None, "OB"),
    ("SC_rgb_rle_16bit_2frame.dcm", "RGB", None, "OW"),
    ("SC_rgb_rle_32bit_2frame.dcm", "RGB", None, "OW"),
    ("SC_rgb_small_odd_jpeg.dcm", "RGB", "ISO_10918_1", "OB"),
    ("rtdose_rle.dcm", "MONOCHROME2", None, "OW"),
]


@pytest.mark.filterwarnings("ignore:.*JFIF APP marker")
@pytest.mark.parametrize(("name", "photometric", "method", "vr"), COMPRESSED)
def test_compressed_pixels(name: str, photometric: str, method: str | None, vr: str) -> None:
    image, data = read(name)
    result, output = blanked(image, data, Rectangle(1, 1, 40, 20))
    after = result.image
    assert (after.transfer_syntax, after.planar_configuration) == (EXPLICIT, 0)
    assert (after.photometric_interpretation, after.vr) == (photometric, vr)
    assert (result.lossy_method, result.was_lossy) == (method, method is not None)
    assert len(output) == after.native_length + after.native_length % 2
    expected = picture(image, data, raw=method != "ISO_10918_1")
    expected[:, 1:20, 1:40] = 0
    assert np.array_equal(picture(after, output), expected)


def test_compressed_pixels_are_decoded_even_when_nothing_is_blanked() -> None:
    image, data = read("SC_rgb_rle_2frame.dcm")
    result, output = blanked(image, data, Rectangle(500, 500, 600, 600))
    assert result.image.transfer_syntax == EXPLICIT
    assert np.array_equal(picture(result.image, output), picture(image, data))


def compress(image: Image, native: bytes) -> bytes:
    """Return one frame in a compressed syntax."""
    encoder = get_encoder(image.transfer_syntax)
    return encoder.encode(
        native,
        rows=image.rows,
        columns=image.columns,
        number_of_frames=1,
        samples_per_pixel=image.samples_per_pixel,
        photometric_interpretation=image.photometric_interpretation,
        bits_allocated=image.bits_allocated,
        bits_stored=image.bits_stored,
        pixel_representation=image.pixel_representation,
        planar_configuration=image.planar_configuration,
    )


MADE = {
    "RLE bytes": replace(BYTES, transfer_syntax=RLE),
    "RLE words": replace(WORDS, transfer_syntax=RLE, pixel_representation=1),
    "RLE YBR": replace(COLOUR, transfer_syntax=RLE, photometric_interpretation="YBR_FULL"),
    "RLE palette": replace(BYTES, transfer_syntax=RLE, photometric_interpretation="PALETTE COLOR"),
    "JPEG-LS words": replace(WORDS, transfer_syntax=JPEG_LS, bits_stored=16),
    "JPEG-LS colour": replace(COLOUR, transfer_syntax=JPEG_LS),
    "JPEG-LS YBR": replace(COLOUR, transfer_syntax=JPEG_LS, photometric_interpretation="YBR_FULL"),
    "JPEG 2000 words": replace(WORDS, transfer_syntax=JPEG_2000, bits_stored=16),
    "JPEG 2000 signed": replace(
        WORDS, transfer_syntax=JPEG_2000, bits_stored=16, pixel_representation=1
    ),
    "JPEG 2000 colour": replace(COLOUR, transfer_syntax=JPEG_2000),
    "JPEG 2000 YBR": replace(
        COLOUR, transfer_syntax=JPEG_2000, photometric_interpretation="YBR_FULL"
    ),
}


@pytest.mark.parametrize("kind", MADE)
def test_what_was_compressed_without_loss_comes_back(kind: str) -> None:
    image = replace(MADE[kind], rows=64, columns=64)
    native = noise(replace(image, transfer_syntax=EXPLICIT))
    result, output = blanked(
        replace(image, number_of_frames=2),
        fragments(compress(image, native), compress(image, native[::-1])),
        None,
    )
    assert output == native + native[::-1]
    assert result.image.photometric_interpretation == image.photometric_interpretation


def test_shared_colour_is_no_longer_shared_once_decoded() -> None:
    image = replace(COLOUR, transfer_syntax=RLE, photometric_interpretation="YBR_FULL")
    native = noise(image)
    encoded = fragments(compress(image, native))
    subsampled = replace(image, photometric_interpretation="YBR_FULL_422")
    result, output = blanked(subsampled, encoded, None)
    assert (result.image.photometric_interpretation, output) == ("YBR_FULL", native)


def test_small_samples_are_widened_to_the_bits_allocated() -> None:
    narrow = replace(BYTES, transfer_syntax=JPEG_LS, rows=64, columns=64)
    native = bytes(range(64)) * 64
    wide = replace(narrow, bits_allocated=16)
    result, output = blanked(wide, fragments(compress(narrow, native)), None)
    assert result.image.bits_allocated == 16
    assert np.frombuffer(output, "<u2").tolist() == list(native)


def test_high_throughput_syntaxes_have_a_decoder() -> None:
    image, data = read("MR_small_jp2klossless.dcm")
    assert (
        blanked(replace(image, transfer_syntax=HTJ2K), data, None)[1]
        == blanked(image, data, None)[1]
    )


# --- Fragments and frames


def halves(content: bytes) -> tuple[bytes, bytes]:
    middle = len(content) // 4 * 2
    return content[:middle], content[middle:]


def jpeg_frames(count: int) -> tuple[Image, list[bytes]]:
    image, data = read("MR_small_jpeg_ls_lossless.dcm")
    (content,) = generate_frames(data, number_of_frames=1)
    return replace(image, number_of_frames=count), [content] * count


def test_frames_are_found_with_and_without_an_offset_table() -> None:
    image, contents = jpeg_frames(3)
    split = [part for content in contents for part in halves(content)]
    size = len(contents[0]) + 16
    chains = (
        fragments(*contents),
        fragments(*contents, table=(0, 0, 0)),  # a wrong table, but no other way to read it
        fragments(*split),
        fragments(*split, table=(0, size, 2 * size)),
        encapsulate(contents, fragments_per_frame=3),
    )
    outputs = {blanked(image, chain, None)[1] for chain in chains}
    assert len(outputs) == 1


def test_one_frame_may_be_in_many_fragments() -> None:
    image, (content,) = jpeg_frames(1)
    assert blanked(image, fragments(*halves(content)), None) == blanked(
        image, fragments(content), None
    )


SIZE = len(jpeg_frames(1)[1][0]) + 16
Chain = Callable[[bytes], bytes]
LIES: dict[str, tuple[int, Chain]] = {
    "no items": (1, lambda _: b""),
    "only an offset table": (1, lambda _: fragments()),
    "fewer frames than declared": (3, lambda it: fragments(it, it)),
    "more frames than declared": (1, lambda it: fragments(it, it)),
    "fewer frames, by content": (2, lambda it: fragments(*halves(it), *halves(it), it)),
    "a table beside the fragments": (
        2,
        lambda it: fragments(*halves(it), *halves(it), table=(0, SIZE + 2)),
    ),
    "half a frame each": (2, lambda it: fragments(*halves(it))),
    "an item that ends early": (1, lambda it: fragments(it)[:-2]),
    "a header that ends early": (1, lambda it: fragments(it) + b"\xfe\xff"),
    "something else": (1, lambda it: fragments(it) + bytes(8)),
    "a fragment of undefined length": (
        1,
        lambda it: fragments() + pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF) + it,
    ),
    "an empty fragment": (1, lambda _: fragments(b"")),
    "no codestream": (1, lambda it: fragments(bytes(len(it)))),
    "a header cut short": (1, lambda it: fragments(it[:8])),
    "a codestream cut short": (1, lambda it: fragments(it[:-40])),
    "more bytes than pixels": (1, lambda it: fragments(it + bytes(1 << 21))),
}


@pytest.mark.parametrize("lie", LIES)
def test_broken_chains_are_refused(lie: str) -> None:
    frames, chain = LIES[lie]
    image, contents = jpeg_frames(1)
    with pytest.raises(EvaluationError) as caught:
        blanked(replace(image, number_of_frames=frames), chain(contents[0]), None)
    assert caught.value.code == "pixel-data"


def test_frames_in_one_rle_fragment_each() -> None:
    image = replace(BYTES, transfer_syntax=RLE)
    content = compress(image, noise(image))
    with pytest.raises(EvaluationError, match="number of frames"):
        blanked(image, fragments(content, content), None)


# --- Images that cannot be

IMPOSSIBLE = [
    (replace(BYTES, rows=0), "0028,0010"),
    (replace(BYTES, columns=-1), "0028,0011"),
    (replace(BYTES, columns=70000), "0028,0011"),
    (replace(BYTES, number_of_frames=0), "0028,0008"),
    (replace(BYTES, photometric_interpretation="PAINTED"), "0028,0004"),
    (replace(BYTES, samples_per_pixel=3), "0028,0002"),
    (replace(BYTES, bits_allocated=12), "0028,0100"),
    (replace(BYTES, bits_allocated=64), "0028,0100"),
    (replace(COLOUR, bits_allocated=1, bits_stored=1), "0028,0100"),
    (replace(BYTES, bits_stored=9), "0028,0101"),
    (replace(BYTES, bits_stored=0), "0028,0101"),
    (replace(BYTES, pixel_representation=2), "0028,0103"),
    (replace(COLOUR, planar_configuration=2), "0028,0006"),
    (replace(BYTES, transfer_syntax=BIG), "0028,0100"),
    (replace(COLOUR, photometric_interpretation="YBR_FULL_422", columns=5), "0028,0004"),
]


@pytest.mark.parametrize(("image", "element"), IMPOSSIBLE)
def test_impossible_images_are_refused(image: Image, element: str) -> None:
    with pytest.raises(EvaluationError, match=element) as caught:
        blanked(image, bytes(1000), None)
    assert caught.value.code == "pixel-data"
    assert "PAINTED" not in str(caught.value)


WRONG_LENGTHS = [
    (BYTES, bytes(23)),
    (replace(BYTES, number_of_frames=2), bytes(24)),
    (BYTES, bytes(24 + 24)),  # room for another frame
    (BYTES, bytes(24) + b"something"),
    (replace(BYTES, bits_allocated=1, bits_stored=1, number_of_frames=3), bytes(8)),
    (replace(BYTES, rows=1, columns=3, transfer_syntax=BIG, vr="OW"), bytes(3)),
    (replace(COLOUR, photometric_interpretation="YBR_FULL_422"), b"x" * 72),  # not subsampled
]


@pytest.mark.parametrize(("image", "data"), WRONG_LENGTHS)
def test_wrong_lengths_are_refused(image: Image, data: bytes) -> None:
    with pytest.raises(EvaluationError, match="the pixel data is") as caught:
        blanked(image, data, None)
    assert caught.value.code == "pixel-data"


@pytest.mark.parametrize(
    "name", ["MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "SC_rgb_jpeg_gdcm.dcm"]
)
@pytest.mark.parametrize("rows", [0.5, 2])
def test_codestreams_of_another_size_are_refused(name: str, rows: float) -> None:
    image, data = read(name)
    other = replace(image, rows=int(image.rows * rows), columns=int(image.columns / rows))
    with pytest.raises(EvaluationError, match="frame 1 is of another size") as caught:
        blanked(other, data, None)
    assert caught.value.code == "pixel-data"


def test_samples_larger_than_declared_are_refused() -> None:
    image, data = read("MR_small_jpeg_ls_lossless.dcm")
    with pytest.raises(EvaluationError, match="larger samples"):
        blanked(replace(image, bits_allocated=8, bits_stored=8), data, None)


def test_a_frame_of_another_kind_than_the_first_is_refused() -> None:
    image, data = read("SC_rgb_jpeg_gdcm.dcm")
    (content,) = generate_frames(data, number_of_frames=1)
    jfif = content[:2] + b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0" + content[2:]  # so YBR
    with pytest.raises(EvaluationError, match="frame 2 is of another kind"):
        blanked(replace(image, number_of_frames=2), fragments(content, jfif), None)


def test_pictures_too_large_to_be_true_are_refused() -> None:
    image = replace(BYTES, rows=65535, columns=65535, transfer_syntax=JPEG_LS)
    with pytest.raises(EvaluationError, match="too large"):
        blanked(image, fragments(b"\xff\xd8"), None)


def test_single_bits_cannot_be_compressed() -> None:
    image = replace(BYTES, bits_allocated=1, bits_stored=1, transfer_syntax=RLE)
    with pytest.raises(EvaluationError, match="1 bit"):
        blanked(image, fragments(b""), None)


# --- Decoders


def test_a_missing_decoder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = get_decoder(JPEG_2000)
    monkeypatch.setattr(decoder, "_available", {})
    monkeypatch.setattr(decoder, "_unavailable", {"some": ("pylibjpeg>=2.0", "another>=1")})
    image, data = read("MR_small_jp2klossless.dcm")
    with pytest.raises(EvaluationError, match=r"pylibjpeg>=2\.0 and another>=1") as caught:
        blanked(image, data, None)
    assert caught.value.code == "missing-decoder"
    assert caught.value.failure.help == "pip install 'dicomedit[pixels]'"


@pytest.mark.parametrize("syntax", [MPEG2, "1.2.3.4"])
def test_syntaxes_without_any_decoder_are_refused(syntax: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        blanked(replace(BYTES, transfer_syntax=syntax), fragments(b"x"), None)
    assert caught.value.code == "missing-decoder"


# --- Memory


class Counter(BytesIO):
    """A sink that keeps nothing."""

    length = 0

    def write(self, content: bytes | bytearray | memoryview, /) -> int:
        self.length += len(content)
        return len(content)


def peak(image: Image, data: bytes) -> int:
    """Return the most memory that blanking needs, beside the pixel data itself."""
    sink = Counter()
    tracemalloc.start()
    try:
        blank(image, memoryview(data), Rectangle(2, 2, 60, 60), sink)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_frames() -> None:
    native = replace(BYTES, rows=128, columns=128)
    packed = replace(native, transfer_syntax=RLE)
    frame = bytes(range(128)) * 128
    content = compress(packed, frame)
    table = tuple(number * (len(content) + 8) for number in range(200))
    for image, chain in (
        (native, lambda count: frame * count),
        (packed, lambda count: fragments(*[content] * count)),
        (packed, lambda count: fragments(*[content] * count, table=table[:count])),
    ):
        peak(image, chain(1))  # fills pydicom's caches
        few, many = (
            peak(replace(image, number_of_frames=count), chain(count)) for count in (5, 50)
        )
        assert many - few < len(frame) // 4


def test_native_pixels_are_read_in_place(tmp_path: Path) -> None:
    image = replace(BYTES, rows=100, columns=100, number_of_frames=300)
    assert peak(image, bytes(image.native_length)) < 100_000
