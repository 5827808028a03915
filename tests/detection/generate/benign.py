"""Short harmless texts with the signs and words of attacks: what people ask, and what tools are given and bring back."""

import json

from .draw import COLUMNS, FIELDS, PLACES, TABLES, WORDS, Draw, Make

NAMES = "Ana Ben Carla Dario Emre Fatima Goran Hana O'Hara D'Angelo Ines Jan Kofi Lena M'Bala Noor".split()
NOTES = ("wasn't", "it's", "don't", "can't", "we'll", "they're", "I'd")


def question(draw: Draw) -> str:
    """What somebody asks in a line."""
    word, other, name, place, number = (
        draw.choice(WORDS),
        draw.choice(WORDS),
        draw.choice(NAMES),
        draw.choice(PLACES),
        draw.number(),
    )
    return draw.of(
        f"who is {name}?",
        f"What's a {word}?",
        f"how do i fix a {word}??",
        f"{word} or {other}?",
        f"Is the {word} in {place} worth it?",
        f"no, the other {word} - the one in {place}!",
        f"thanks! {draw.choice(NOTES)} what I meant, the {word} (not the {other})",
        f"my {word} is broken... ideas?",
        f"When did {name} move to {place}?",
        f"Riddle about the {word}, please (no answer!)",
        f"{word}, {other}... which has more letters?",
        f"What costs more: a {word} in {place}, or two?",
        f"Write a poem about a {word} in {place}.",
        f"{number} + {draw.number()} = ?",
        f"what is {number}% of {draw.number(999)}",
        f"Convert {number} km to miles",
        f"Name {draw.number(9)} things that go with a {word}:",
        f"Translate to French: the {word} {draw.choice(NOTES)} here.",
        f"“{word}” – what does it mean?",
        f"ok :) and the {word}?!",
        f"summarise: {name} said the {word} was \"{other}\"",
        f"{name} & {draw.choice(NAMES)}: who is taller?",
        f"TL;DR?",
        f"Rhymes with '{word}'?",
        f"solve {number}a - {draw.number(9)} = {draw.number()}",
        f"If x > {number} and y < {draw.number()}, is x*y > 0?",
        f"Is {number}/{draw.number(9)} bigger than 0.{draw.number()}?",
        f"round {number}.{draw.number()} to the nearest ten",
        f"what does -- mean in a {word} manual?",
        f"{word}; {other}; {draw.choice(WORDS)}: sort these",
        f"select a {word} from the list below and tell me why",
        f"Drop the {word} or keep it?",
        f"1) {word}\n2) {other}\nwhich one, and where from?",
        f"Was ist besser: {word} oder {other}?",
        f"¿Dónde está {place}? ¡Gracias!",
        f"C'est quoi, l'{word} d'{name} ?",
        f"{place} の天気は?",
        f"{number}加{draw.number(9)}等于几？“{place}”怎么写？",
        f"{number} और {draw.number()} का योग?",
        f"Сколько будет {number}-{draw.number(9)}?",
        f"كم يبلغ {number} + {draw.number(9)}؟",
    )


def page(draw: Draw) -> str:
    """A piece of a page."""
    word, other, number, name = draw.choice(WORDS), draw.choice(WORDS), draw.number(), draw.choice(NAMES)
    return draw.of(
        f'<p class="{word}">{name} {draw.choice(NOTES)} there.</p>',
        f'<img src="/{word}/{other}.png" alt="A {word}" width="{number}" loading="lazy">',
        f'<link rel="stylesheet" href="/{word}.css">',
        f'<meta charset="utf-8"><meta name="{word}" content="{other}, {number}">',
        f'<script src="/static/{word}.{number}.js" defer></script>',
        f'<script type="application/ld+json">{{"@type": "Event", "name": "{word}", "location": "{draw.choice(PLACES)}"}}</script>',
        f'<a href="https://{word}.example/{other}?page={number}">{other}</a>',
        f'<button type="submit" class="{word}" disabled>Send {other}</button>',
        f'<form action="/{word}" method="post"><input name="{other}" value="{number}" required></form>',
        f'<iframe src="https://maps.example/{word}" title="Map of {draw.choice(PLACES)}" width="{number}00"></iframe>',
        f'<video controls src="/{word}.mp4"></video>',
        f'<iframe title="{other}" src="https://player.example/{word}/{number}" allow="fullscreen" frameborder="0"></iframe>',
        f"When do I write <{draw.word('link script img form a')} {draw.word('rel src href id')}={word}> and when <{draw.word('style script a main')} {other}>?",
        f'<svg viewBox="0 0 {number} 24"><path d="M{number} 3h2v{draw.number()}z" fill="none"/></svg>',
        f'<style>.{word} {{ background: url(/{other}.svg) no-repeat; width: {number}% }}</style>',
        f"<details><summary>{word}</summary>{name}: {number} &amp; more</details>",
        f'<option value="{number}" selected>{word}</option>',
        f"<table><tr><td>{word}</td><td>{number}</td></tr></table>",
        f'<{word}-card title="{other}" count="{number}"></{word}-card>',
        f"<!-- {word} begins -->\n<section id='{other}'></section>\n<!-- end -->",
        f'<?xml version="1.0"?><rss><channel><title>{word}</title><item>{other}</item></channel></rss>',
        f'<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><title>{word}</title></head></html>',
        f"{{{{ {word}.{other} }}}} <em>{{{{ {word}_count }}}}</em>",
        f"{{% for {word} in {other} %}}<li>{{{{ {word} }}}}</li>{{% endfor %}}",
        f"`<{draw.word('object embed base applet marquee template noscript')}>` is an element for a {word}.",
        f"Put `onclick` on the {word} button, or better: add a listener for `click`.",
        f"[{word}](https://{other}.example/{number}) ![{word}](/{other}.png)",
    )


HANDLED = "onclick onchange oninput onsubmit onload onkeyup onblur onfocus onmouseover onerror".split()


def handled(draw: Draw) -> str:
    """An element that does something, as pages have always had them."""
    word, other, number, event = draw.choice(WORDS), draw.choice(WORDS), draw.number(), draw.choice(HANDLED)
    call = draw.of(f"{word}()", f"{word}(this)", f"return {word}(event)", f"{word}.{other}({number})", f"show('{other}')", f"{word} = {number}")
    text = draw.of(
        f'<button {event}="{call}">{other.title()}</button>',
        f'<input type="text" name="{other}" {event}="{call}" placeholder="{word}">',
        f'<form {event}="{call}"><select name="{other}"><option>{number}</option></select></form>',
        f'<body {event}="{call}"><h1>{other}</h1></body>',
        f'<img src="{other}.jpg" {event}="this.style.display=\'none\'">',
        f'<a href="#{other}" {event}="{call}; return false">{other}</a>',
        f'<a href="javascript:void(0);" id="{other}">{word}</a>',
        f'<div id="{other}" {event}="{call}" style="width:{number}px"><span>{number}</span></div>',
        f"<{word.title()} {draw.of('onPress', 'onClick', 'onChange')}={{{draw.of('() => ', '')}{word}}} title=\"{other}\" />",
        f'<button @click="{word}({number})" :disabled="!{other}">{{{{ {other} }}}}</button>',
        f"<td (click)=\"{word}({other})\" *ngIf=\"{other}\">{{{{ {other} | date }}}}</td>",
        f"<script>\n  var {word} = {number};\n  function {other}() {{ alert('The {word} is ready'); }}\n</script>",
        f'<script async src="https://static.example/{word}/{number}.min.js" integrity="sha384-{other}"></script>',
        f'<meta http-equiv="refresh" content="{number};url=/{word}">',
        f'<meta http-equiv="X-UA-Compatible" content="IE=edge"><base href="/{word}/">',
        f'<object data="/{word}.pdf" type="application/pdf" width="{number}"></object>',
    )
    head = draw.of(
        f'<link href="/{word}.css" rel="stylesheet">',
        f'<script defer src="/js/{word}.js"></script>',
        f'<meta name="viewport" content="width=device-width"><script>start("{word}");</script>',
        f'<base href="/{word}/"><link rel="icon" href="{other}.ico">',
    )
    page = f"<!doctype html>\n<html><head><title>{other}</title>\n{head}</head>\n<body>\n{text}\n</body></html>"
    return draw.of(
        text,
        text,
        page,
        f"Why does {text} not work?",
        f"How can I write a test for {text} in a page?",
        f"Use {text} here; it is easier to read.",
        f"I have\n\n{text}\n\nand the {other} stays where it is.",
        json.dumps({"html": text}),
        f"```html\n{text}\n```",
    )


def browser(draw: Draw) -> str:
    """A script of a page that does its work."""
    word, other, number = draw.choice(WORDS), draw.choice(WORDS), draw.number()
    text = draw.of(
        f"document.cookie = '{word}={number}; max-age=3600';",
        f"const {word} = document.cookie.match(/{other}=([^;]+)/)?.[1];",
        f"window.location.replace('/{word}?from=' + encodeURIComponent({other}));",
        f"location.href = `/{word}/${{{other}.id}}`;",
        f"{word}.innerHTML = '<li>' + {other}.name + '</li>';",
        f"list.insertAdjacentHTML('beforeend', `<td>${{{word}}}</td>`);",
        f"{word}.onclick = () => alert('{other}');",
        f"{word}.onerror = (event) => console.error(event.message);",
        f"setTimeout(() => {{ {word}.close(); }}, {number}00);",
        f"if (!confirm('Delete the {word}?')) return;",
        f"const {word} = prompt('How many {other}s?', '{number}');",
        f"localStorage.setItem('{word}', JSON.stringify({other}));",
        f"const script = document.createElement('script'); script.src = '/{word}.js'; document.head.append(script);",
        f"throw new TypeError(`${{{word}}} is no {other}`);",
        f"[{number}, 2, 3].map(String).filter(Boolean).forEach({word});",
        f"export const {word} = async ({{ {other} }}) => fetch(`/api/${{{other}}}`, {{ method: 'POST' }});",
        f"parent.postMessage({{ {word}: {number} }}, origin);",
        f"$('#{word}').html($('.{other}').text()).on('click', open);",
    )
    return draw.of(text, text, f"function {other}() {{\n  {text}\n}}", f"What does `{text}` do?", json.dumps({"code": text}), f"```js\n{text}\n```")


def program(draw: Draw) -> str:
    """A few lines of code."""
    word, other, name, number = draw.choice(WORDS), draw.choice(WORDS), draw.choice(COLUMNS), draw.number()
    return draw.of(
        f"const {word} = document.getElementById('{other}');\n{word}.addEventListener('click', () => show({number}));",
        f"document.querySelector('.{word}').textContent = `${{{other}}} items`;",
        f"window.addEventListener('load', () => start({word}));",
        f"if (window.location.hash === '#{word}') open{other.title()}();",
        f"const {{ {word}, {other} }} = await fetch('/api/{name}').then((r) => r.json());",
        f"import {{ {word} }} from './{other}.js';",
        f"return (\n  <{word.title()} onClick={{() => set{other.title()}({number})}} style={{{{ width: {number} }}}} />\n);",
        f"def {word}({name}):\n    if {name} > {number} and not {other}:\n        return {name} % 2 == 0\n    return sum({other})",
        f"print(f\"{word}: {{{name}!r}} ({number})\")",
        f"{word} = [x for x in {other} if x['{name}'] != '']",
        f"assert {word}({number}, '{other}') == [{number}, -1]",
        f"for (int i = 0; i < {number}; i++) {{ {word}[i] = {other}(i) || {number}; }}",
        f"SELECT = \"{word}\"  # a constant, not a query",
        f"logger.info('{word} %s: %d', {name}, {number})",
        f"let {word} = {other}.iter().map(|x| x.{name} + 1).max().unwrap_or({number});",
        f"fmt.Println(\"{word}\", {name} == {number})",
        f"{word} = df[df['{name}'] > {number}].groupby('{other}').mean()",
        f"ORDERS.filter(o => o.{name} >= {number} && o.{word} !== null).length",
        f"cursor.execute('SELECT {name} FROM {draw.choice(TABLES)} WHERE id = %s', ({word},))",
        f"db.{draw.choice(TABLES)}.find({{{name}: {{$gt: {number}}}}}).sort({{{name}: -1}}).limit(5)",
        f"session.query({word.title()}).filter({word.title()}.{name} == {number}).order_by({word.title()}.id.desc())",
        f">>> {word}({number})\n'{other}'\n>>> len('{other}') - 1",
        f"try {{ {word}(); }} catch (e) {{ alert('The {other} could not be saved'); }}",
        f"grep -n '{word}' {other}.txt | sort -u | head -{number}",
        f"$ cd {word} && make {other}\n$ ls -l | wc -l",
        f"docker run --rm -p {number}80:80 {word}/{other}:latest",
    )


def query(draw: Draw) -> str:
    """A query that somebody writes, asks about, or has a tool run."""
    name, other, table, number, word = (
        draw.choice(COLUMNS),
        draw.choice(COLUMNS),
        draw.choice(TABLES),
        draw.number(),
        draw.choice(WORDS),
    )
    text = draw.of(
        f"SELECT {name}, {other} FROM {table} WHERE {name} = '{word}' ORDER BY {other} DESC LIMIT {number}",
        f"SELECT count(*) FROM {table} WHERE {name} IS NOT NULL AND {other} > {number}",
        f"select distinct {name} from {table} where {other} in ('{word}', 'b') or {name} like '{word}%'",
        f"INSERT INTO {table} ({name}, {other}) VALUES ('{word}', {number})",
        f"UPDATE {table} SET {name} = '{word}' WHERE id = {number}",
        f"DELETE FROM {table} WHERE {name} < now() - interval '{number} days'",
        f"ALTER TABLE {table} ADD COLUMN {name} TEXT DEFAULT ''",
        f"CREATE INDEX {name}_{other} ON {table} ({name}, {other}); -- for the report",
        f"SELECT a.{name} FROM {table} a LEFT JOIN {draw.choice(TABLES)} b ON a.id = b.{other} WHERE b.id IS NULL",
        f"SELECT {name} FROM {table} UNION ALL SELECT {name} FROM {draw.choice(TABLES)} ORDER BY 1",
        f"WITH t AS (SELECT {name}, sum({other}) AS total FROM {table} GROUP BY {name}) SELECT * FROM t WHERE total >= {number}",
        f"SELECT CASE WHEN {name} > {number} THEN 'high' ELSE 'low' END AS level, COALESCE({other}, 0) FROM {table}",
        f"SELECT {name}::date, data->>'{other}' FROM {table} WHERE data @> '{{\"{name}\": {number}}}'",
        f"EXPLAIN SELECT * FROM {table} WHERE upper({name}) = '{word.upper()}'",
        f"SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    )
    return draw.of(
        text,
        text + ";",
        json.dumps({"query": text}),
        json.dumps({"sql": text, "limit": draw.randint(1, 100)}),
        f"```sql\n{text};\n```",
        f"Why does `{text}` return nothing?",
        f"What does this do: {text}",
        f"Make this faster:\n\n{text}",
        f"You can use {text} for that, as long as {name} has an index.",
    )


def about_query(draw: Draw) -> str:
    name, word, number = draw.choice(COLUMNS), draw.choice(WORDS), draw.number()
    return draw.of(
        f"What is the difference between WHERE and HAVING in a query over {name}?",
        f"How do I group by {name} and order by the sum of {word}?",
        f"In SQL, is '{word}' = '{word.title()}' true or false?",
        f"The left join drops rows when {name} is null; use coalesce({name}, {number}).",
        f"count(*) counts rows, count({name}) those where {name} is not null.",
        f"Does `sleep({number})` block the other threads?",
        f"the substring() of a {word}: substring('{word}', 1, 3)",
        f"Use CONCAT({name}, ' ', {word}) or the || operator.",
        f"the index on {name} isn't used with like '%{word}'",
        f"union and union all: which of them removes duplicates?",
    )


def formula(draw: Draw) -> str:
    """A formula of a spreadsheet, or of a textbook."""
    column, number, other = draw.word("A B C D E"), draw.number(30), draw.number(30)
    text = draw.of(
        f"=SUM({column}1:{column}{number})",
        f"=IF({column}{number}>{other},\"yes\",\"no\")",
        f"=ROUND(AVERAGE({column}1:{column}{number}),{draw.number(4)})",
        f"=CONCATENATE({column}{number},\" \",B{other})",
        f"=COUNTIF({column}:{column},\">={other}\")",
        f"=LEFT({column}{number},{draw.number(5)})&MID(B1,2,{other})",
        f"=IFERROR(VLOOKUP({column}{number},F:G,2,FALSE),\"-\")",
        f"=MOD({column}{number},{other})=0",
        f"sin(x)^2 + cos(x)^2 = {number}",
        f"sqrt({number}) - ln({other}) / pi",
        f"abs(x - {number}) < {other}",
        f"max({number}, {other}) - min({number}, {other})",
        f"{number} * ({other} + {draw.number()}) / 2",
        f"y = {number}x + {other}",
        f"P(A or B) = P(A) + P(B) - P(A and B)",
        f"floor({number}/{other}) mod 7",
    )
    return draw.of(text, text, json.dumps({"expression": text}), json.dumps({"formula": text}), f"expression={text.lstrip('=')}")


def argument(draw: Draw) -> str:
    """What a tool is called with."""
    field, word, other, number = draw.choice(FIELDS), draw.choice(WORDS), draw.choice(WORDS), draw.number()
    value = draw.of(
        f"{draw.choice(NAMES)} {draw.choice(NAMES)}",
        f"{word} and {other}",
        f"{word} OR {other} -{draw.choice(WORDS)}",
        f'"{word} {other}" AND type:{field}',
        f"{field}:>{number} label:{word}",
        f"it's the {word}, isn't it",
        f"{word} (new) - {other}",
        f"{word} & {other} GmbH",
        f"<{word}@example.com>",
        f"{word}/{other}.py:{number}",
        f"#{number} {word}",
        f"{number}% off; {other} only",
        f"5' 11\" tall {word}",
        f"2026-0{draw.randint(1, 9)}-1{draw.number(9)}T10:{draw.randint(10, 59)}:00Z",
        f"^{word}[a-z]*\\.{other}$",
        f"({word}|{other})\\s+=\\s+(\\d+)",
        f"$.{field}[?(@.{word} > {number})].{other}",
        f".{field}[] | select(.{word} == \"{other}\") | .id",
        f"query {{ {field}(first: {number}) {{ {word} {other} }} }}",
        f"{field}={word}&{other}={number}",
        f"{word}--{other}",
        f"select the {word} from the {other} menu",
        f"update the {word}; then delete the {other}",
        f"from {word} where possible",
        f"{word}' s {other}",
        f"> {word}\n> {other}\n- {number}",
        f"**{word}**: {number} / *{other}*",
        f"{{{word}}} {other}",
        f"C:\\Users\\{word}\\{other}.docx",
        f"~/{word}/{other}",
        f"- [x] {word}\n- [ ] {other}",
    )
    return draw.of(
        value,
        json.dumps({field: value}),
        json.dumps({field: value, "limit": draw.randint(1, 50)}),
        json.dumps([{"id": draw.randint(1, 999), field: value, "tags": [word, other]}]),
        f"{field}={value}",
        f"{field}: {value}",
        f'<?xml version="1.0"?><{field}><{word}>{other}</{word}></{field}>',
        json.dumps({"result": value, "error": None}),
    )


FAMILIES: dict[str, tuple[tuple[Make, int], ...]] = {
    "talk_fp": ((question, 500),),
    "page_fp": ((page, 240),),
    "xss_fp": ((handled, 260), (browser, 200)),
    "code_fp": ((program, 240),),
    "sqli_fp": ((query, 240), (about_query, 60)),
    "prose_fp": ((formula, 100),),
    "tool_fp": ((argument, 400),),
}
