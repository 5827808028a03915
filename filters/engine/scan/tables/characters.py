"""Writes src/undo/characters/table.rs: which characters stand for which ASCII letter, digit or sign.

Run it with `python3 filters/engine/scan/tables/characters.py`. What is a form of a Latin letter is read from the names
and decompositions that Python's `unicodedata` has; which letters of other scripts look like Latin ones is listed here.
"""

import re
import unicodedata
from pathlib import Path

# Letters that look like Latin ones, or are used for them: pairs of the letter and what it is taken for.
LOOK_ALIKES = """
аa вb сc ԁd еe ғf һh іi јj кk ӏl мm оo рp ԛq ѕs тt υu ѵv ԝw хx уy гr ыb ьb ѐe ёe ѓr ґr єe їi ќk ўy џu ѡw ѳo ѷv ҏp ґr ҕb җx
ҙ3 қk ҝk ҟk ҡk ңh ҥh ҫc ҭt үy ұy ҳx һh ҽe ҿe ӄk ӈh ӊh ӎm ӑa ӓa ӕe ӗe ӧo ө0 ӫo ӯy ӱy ӳy ӷr ӽx ӿx ԍg ԏt ԑe ԕp ԗp ԙk ԟk ԡl ԧh ԩh
АA ВB СC ԀD ЕE ҒF ҺH НH ІI ЈJ КK ӀI МM ОO РP ԚQ ЅS ТT ՍU ѴV ԜW ХX УY ГR ЬB ѐe ЁE ЃR ҐR ЄE ЇI ЌK ЎY ЏU ѠW ѲO ѶV ҎP ҚK ҜK ҞK ҠK
ҢH ҤH ҪC ҬT ҮY ҰY ҲX ӃK ӇH ӉH ӍM ӐA ӒA ӖE ӦO ӨO ӪO ӮY ӰY ӲY ӼX ӾX ԌG ԎT ԐE ԔP ԖP ԘK ԞK ԠL ԦH ԨH
нh иn йn пn яr ЯR ИN ЙN ПN З3 з3 ч4 Ч4 бb Б6 шw щw ШW ЩW лn фo ФO ъb ѣb ТT Ѐe гr љb њh Љb ЊH ћh ђh ЋH ЂH
αa βb γy δd εe ζz ηn θo ιi κk λl μu νv ξe οo πn ρp σo ςc τt υu φo χx ψw ωw ϲc ϳj ϵe ϱp ϐb ϑo ϕo ϖw ϰk ϝf ͺi
ΑA ΒB ΓR ΔA ΕE ΖZ ΗH ΘO ΙI ΚK ΛA ΜM ΝN ΞE ΟO ΠN ΡP ΣE ΤT ΥY ΦO ΧX ΨW ΩO ϹC ͿJ ϴO Ϝf ϒY
άa έe ήn ίi όo ύu ώw ϊi ϋu ΐi ΰu ΆA ΈE ΉH ΊI ΌO ΎY ΏO ΪI ΫY
աw գq զq էt հh ոn ռn սu օo ցg քp ձd յj եt պw լl խh կh ճd մu ղn ևu ՏS ՕO ՍU ԼL ՀZ ԱU ԲP ՄU ՈN ՌN ՑG ԳQ ԴD ԸE ԷE ԵE ՔF ԶQ
ᎪA ᏴB ᏟC ᎠD ᎬE ᏀG ᎻH ᎥI ᎫJ ᏦK ᏞL ᎷM ᎾO ᏢP ᎡR ᏚS ᎢT ᏙV ᏔW ᎩY ᏃZ ᏎE ᏫW ᏐI ᏌU ᏅO ᎱF ᎨH ᏂH ᎽY ᏂH ᎦS ᎯA ᏋE ᏛC ᏠL ᏤV ᎶG ᏧD ᏉV ᎤO ᏏB ᏯW ᏱB
ⲀA ⲁa ⲂB ⲃb ⲄR ⲅr ⲈE ⲉe ⲎH ⲏh ⲒI ⲓi ⲔK ⲕk ⲘM ⲙm ⲚN ⲛn ⲞO ⲟo ⲢP ⲣp ⲤC ⲥc ⲦT ⲧt ⲨY ⲩy ⲬX ⲭx ⲮW ⲯw ⲰW ⲱw ⳐL ⳑl
ꓮA ꓐB ꓚC ꓓD ꓰE ꓝF ꓖG ꓧH ꓲI ꓙJ ꓗK ꓡL ꓟM ꓠN ꓳO ꓑP ꓣR ꓢS ꓔT ꓴU ꓦV ꓪW ꓫX ꓬY ꓜZ
ᗅA ᗷB ᑕC ᗪD ᗴE ᖴF ᘜG ᕼH ᒍJ ᐸk ᒪL ᗰM ᑎN ᑭP ᑫq ᖇR ᔕS ᑌU ᐯV ᗯW ᕽX ᗩA ᗞD ᒿZ ᗝO ᕗY ᕮE ᘔZ ᐁV ᑯd ᑲb ᖯb ᑊi
סo וl ןl יi תn הn חn םo טu שw ןl ץy ףq
აs ბd გg დc ეe ვg ზz თo იn კp ლm მa ნb ოm პk რm სb ტt უy ფq ქd ღm ყy შd ჩh ცg ძd წb ჭf ხb ჯx ჰh
ⵏl ⵔo ⵀo ⴹe ⵎc ⵝx ⵉe ⵊi ⵍh ⵓo ⴳx ⵜt ⵙo ⴸv ⴷv
ᛁi ᛒB ᚱR ᛖM ᚷX ᛏt ᛕK ᚠF ᛗM ᚢn
"""

# Of these, the letters that cannot be told from Latin ones by looking.
EXACT = set("аеорсухіјѕԁһԛԝӏѵүАВЕЅІЈКМНОРСТХУԚԜҮѴαοριντυκϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹͿοօսհոցԛՍՏՕⲟⲞⲤⲥⲢⲣⲔꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ")

# Latin letters whose names do not say which.
LATIN = """
ɑa ɡg ıi ȷj ɩi ɛe ɜ3 əe ǝe ɔc ʃs ʒz ɣy ɐa ʌv ɯm ʋv ɾr ɿr ʎy ʇt ʞk ɹr ɥh ɟj ƃg ᴉi ƍg ƨs ƽs ƅb ƿp ʔ? ʕ? ǃ! ßs æe øo ðd þp ŋn ƞn ʍm ꞁl ᴀa
ᴁe ᴂe ɶe ᴔe ƐE ƆC ƎE ƏE ƟO ɵo Ɩl ƱU ʊu Ʋv ƷZ ƧS ƼS ꝺd ꝼf ᵹg ꞃr ꞅs ꞇt ꞵb ꭓx ꬵf ꭤa ꞶW ꞷw ᶅl ɸo ɤv ʘo ɞo ɷo ᴑo ᴓo ᴝu ᴟm ɰm ŒE œe ÆE ĸk ſf
ʀr ʁr ᴙr ᴎn ᴚr ʙb ɢg ʜh ɪi ʟl ɴn ʏy ʛg ᵻi ᴜu ᴇe ᴈe ꞮI ꟾI ᴐc ꝸ& ꜿc ꝯ9 ꞌ' Ꞌ' ʼ' ʻ' ʹ' ˈ' ʽ' ˋ` ˊ' ˗- ‑- ː: ˸: ꞉: ˂< ˃> ˄^ ˆ^ ¦| ǀl ǁ|
ᐟ/
"""

# Marks that are typed in place of ASCII ones, beside those that decompose to them.
MARKS = """
‘' ’' ‚' ‛' “" ”" „" ‟" ′' ‵' «" »" ‹< ›> ‐- ‑- ‒- –- —- ―- −- ⁃- •* ·. ‧. ․. …. ⁎* ∗* ⁄/ ∕/ ⧸/ ∶: ։: ׃: ∣| ⏐| │| ￨| 、, 。. ｡. ・.
⟨< ⟩> 〈< 〉> 《< 》> 「[ 」] 『[ 』] 【[ 】] 〔( 〕) ❨( ❩) ❲( ❳) ❴{ ❵} ＿_ ˍ_ ∼~ 〜~ ⁓~ ¿? ¡! ⁇? ⁈? ⁉! ‼! ❗! ❓? ❕! ❔? ✱* ✳* ✴* ★* ☆* ➕+ ➖- ✖x ×x ÷/
"""

RANGES = [
    # First, last, kind.
    (0x00A0, 0x02FF, "Accent"),
    (0x0370, 0x03FF, "LookAlike"),
    (0x0400, 0x052F, "LookAlike"),
    (0x0531, 0x0587, "LookAlike"),
    (0x05D0, 0x05EA, "LookAlike"),
    (0x10D0, 0x10F0, "LookAlike"),
    (0x13A0, 0x13F4, "LookAlike"),
    (0x1D00, 0x1DBF, "Styled"),
    (0x1E00, 0x1EFF, "Accent"),
    (0x2000, 0x205F, "Mark"),
    (0x2070, 0x209C, "Styled"),
    (0x2100, 0x2188, "Styled"),
    (0x2212, 0x223C, "Mark"),
    (0x2460, 0x24FF, "Styled"),
    (0x2776, 0x2795, "Styled"),
    (0x2C60, 0x2C7F, "Accent"),
    (0x2C80, 0x2CD1, "LookAlike"),
    (0x2D30, 0x2D5D, "LookAlike"),
    (0x3000, 0x301E, "Mark"),
    (0xA4D0, 0xA4F4, "LookAlike"),
    (0xA722, 0xA7FF, "Accent"),
    (0xAB30, 0xAB6F, "Styled"),
    (0xFE10, 0xFE19, "Mark"),
    (0xFE30, 0xFE6B, "Mark"),
    (0xFF01, 0xFF65, "Styled"),
    (0x1F100, 0x1F189, "Styled"),
]


# Of the Latin letters above, those that languages are written with.
ORDINARY = set("ßæøðþŋœŒÆıəɛɔƏƐƆʼʻ")


def pairs(text):
    return {pair[0]: pair[1] for pair in text.split()}


LISTED = pairs(LATIN) | pairs(MARKS) | pairs(LOOK_ALIKES)
NAMED = re.compile(
    r"(?:.* )?LATIN (?:LETTER )?(SMALL CAPITAL|SMALL|CAPITAL|SUBSCRIPT SMALL)(?: LETTER)? "
    r"(?:LETTER |SCRIPT |BARRED |INSULAR |SIDEWAYS |REVERSED |TURNED |SHARP )*([A-Z])(?: WITH .*)?$"
    r"|MODIFIER LETTER (SMALL|CAPITAL) ([A-Z])$"
)


def ascii_of(character):
    """The ASCII character that this one stands for, and whether it is just one with an accent; or none."""
    if character in LISTED:
        return LISTED[character], False
    letters = [c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c)]
    if len(letters) == 1 and letters[0] != character and letters[0].isascii():
        return letters[0], True
    letters = [c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)]
    enclosed = "".join(letters).strip("().")
    if len(enclosed) == 1 and (enclosed.isascii() or enclosed in LISTED):
        return LISTED.get(enclosed, enclosed), False
    if len(letters) == 1 and letters[0] != character and letters[0].isascii():
        return letters[0], False
    found = NAMED.match(unicodedata.name(character, ""))
    if found:
        size, letter = (found[1] or found[3]), (found[2] or found[4])
        plain = " WITH " in unicodedata.name(character)
        return (letter if size == "CAPITAL" else letter.lower()), plain
    return None


def main():
    lines = [
        "//! Written by `tables/characters.py` from Unicode " + unicodedata.unidata_version + "; do not edit.",
        "",
        "use super::{Kind, Row};",
        "",
        "/// By ranges of characters: what each stands for, 0 for nothing. The highest bit says of a look-alike that it is an",
        "/// exact one, and of other letters that they are styled, whatever those around them are.",
        "#[rustfmt::skip]",
        "pub(super) const ROWS: &[Row] = &[",
    ]
    size = 0
    for first, last, kind in RANGES:
        values = []
        for code in range(first, last + 1):
            found = ascii_of(chr(code))
            if found is None or not 0x20 <= ord(found[0]) < 0x7F or found[0] == chr(code):
                values.append(0)
                continue
            ordinary = found[1] or code < 0x180 or chr(code) in ORDINARY or chr(code) in pairs(MARKS)
            styled = kind == "Accent" and not ordinary
            marked = styled or chr(code) in EXACT
            values.append(ord(found[0]) | (0x80 if marked else 0))
        size += len(values)
        while values and values[-1] == 0:
            values.pop()
        shown = "".join(f"\\x{v:02x}" if v >= 0x7F or v < 0x20 or chr(v) in '"\\' else chr(v) for v in values)
        lines.append(f'    Row {{ first: 0x{first:04x}, kind: Kind::{kind}, stands_for: b"{shown}" }},')
    lines.append("];")
    others = sorted(c for c in pairs(LOOK_ALIKES) if not any(a <= ord(c) <= b for a, b, _ in RANGES))
    lines += [
        "",
        "/// Look-alikes that lie apart, in the order of their codes.",
        "#[rustfmt::skip]",
        "pub(super) const APART: &[(u16, u8)] = &[",
    ]
    for start in range(0, len(others), 8):
        row = ", ".join(f"(0x{ord(c):04x}, b'{LISTED[c]}')" for c in others[start : start + 8])
        lines.append(f"    {row},")
    lines += ["];", ""]
    target = Path(__file__).parent.parent / "src/undo/characters/table.rs"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(lines), encoding="utf-8")
    print(size, "bytes,", len(others), "apart")


if __name__ == "__main__":
    main()
