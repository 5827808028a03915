use super::TRIGGERS;
use crate::detect::Detector;
use crate::detect::tests::{Wanted, assert_judged, is_triggered};

#[test]
fn what_is_an_injection_beyond_doubt() {
    assert_judged(
        Detector::SqlInjection,
        Wanted::AtLeast(90),
        &[
            "' or 7=7--",
            "\" or \"q\"=\"q",
            "guest') or ('k'='k",
            "4 or 6=6",
            "4) or (6=6",
            "-1 union all select null,null,version()--",
            "x' UNION SELECT login, secret FROM staff-- ",
            "8/*!50000union*//*!50000select*/1,2",
            "3; drop table invoices--",
            "'; delete from sessions; --",
            "'; exec master..xp_cmdshell('hostname')--",
            "'; waitfor delay '0:0:9'--",
            "2 and (select 3 from (select(sleep(7)))t)",
            "5 and updatexml(1,concat(0x7e,database()),1)",
            "{\"customer\": \"Ann' or 'z'='z\"}",
            "login=root' or 3=3#&password=x",
            "The name is O'Hara' OR 'u'='u' -- so look it up",
        ],
    );
}

#[test]
fn what_is_most_likely_an_injection() {
    assert_judged(
        Detector::SqlInjection,
        Wanted::AtLeast(50),
        &[
            // A quote closed and the rest cut off.
            "root'--",
            "root' #",
            "root'/*",
            "x')-- -",
            "';--",
            // Conditions.
            "' or true--",
            "' or not false #",
            "' or email is not null--",
            "' or 3 between 2 and 5#",
            "' || 4=4 --",
            "and 5=6",
            "x' and 'y'='z",
            "1' like '1",
            "' rlike sleep(3)--",
            "'='",
            "1=1",
            // Asking for columns, letters, errors.
            "1' order by 9-- -",
            "order by 7#",
            "' group by name having 2=2--",
            "' and ascii(substring((select word from vault limit 1),1,1))>80--",
            "1 and (select length(database()))>3",
            "' and 1=convert(int,@@version)--",
            "1||utl_inaddr.get_host_address((select user from dual))",
            "0 procedure analyse(extractvalue(rand(),concat(0x3a,version())),1)",
            "'||(select case when (1=1) then to_char(1/0) else '' end from dual)||'",
            // Waiting.
            "sleep(9)#",
            "' || pg_sleep(8)--",
            "1 or benchmark(9000000,md5(1))",
            "(select(0)from(select(sleep(6)))v)",
            // Files and commands.
            "1 into outfile '/tmp/t'",
            "copy t from program 'hostname'",
            "exec xp_dirtree '\\\\host\\share'",
            // In a statement of somebody else's.
            "select * from staff where name='' or 1=1 -- '",
            "SELECT * FROM staff WHERE id=1 UNION SELECT 1,2,3",
            "select name from staff where id = 4; drop table staff",
            // Written so that filters miss it.
            "8/**/or/**/3=3",
            "un/**/ion sel/**/ect 4,5",
            "7'/**/UnIoN/**/SeLeCt/**/1,2#",
            "char(112)+char(113)+char(114)",
            "9e0union select 3",
            "1or 2=2",
            "'or'4'='4",
            // Other query languages.
            "{\"user\":{\"$ne\":null},\"word\":{\"$ne\":null}}",
            "user[$regex]=^b&word[$ne]=1",
            "{\"$where\":\"this.word.length > 2\"}",
            "'; return true; var q='",
            "*)(cn=*))(|(cn=*",
            "' or count(/*)=3 or 'a'='b",
        ],
    );
}

#[test]
fn what_developers_and_others_write() {
    assert_judged(
        Detector::SqlInjection,
        Wanted::Below(50),
        &[
            "SELECT id, name FROM users WHERE age > 18 AND (city = 'Rome' OR city = 'Bari') LIMIT 10 OFFSET 20;",
            "INSERT INTO orders (customer, total) VALUES (12, 99.50);",
            "CREATE TABLE t (id INT, -- the key\n  name VARCHAR(20));\nINSERT INTO t VALUES (1, 'it''s');\nDROP TABLE old;",
            "SELECT name FROM students UNION SELECT name FROM teachers ORDER BY name;",
            "SELECT CASE WHEN score >= 90 THEN 'A' ELSE 'B' END FROM results WHERE 1=1 AND name LIKE 'K%'",
            "UPDATE accounts SET balance = balance - 5 WHERE id = 1;\nUPDATE accounts SET balance = balance + 5 WHERE id = 2;",
            "WITH t AS (SELECT * FROM orders) SELECT COUNT(*) FROM t GROUP BY customer HAVING COUNT(*) > 1",
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
            "SELECT version();",
            "cursor.execute(\"SELECT * FROM users WHERE name = %s AND active = 1\", (name,))",
            "query = \"SELECT * FROM users WHERE name = '\" + name + \"'\"\nIs this line safe?",
            "if a == 1 or b == 2 and c != 'x':\n    time.sleep(5)  # wait",
            "for (;;) { if (a[i] == 0 || b[i] == 1) { sleep(5); } }",
            "{\"filter\": {\"age\": {\"$gt\": 25}, \"city\": {\"$in\": [\"Rome\", \"Bari\"]}}, \"limit\": 10}",
            "{\"name\": \"Patrick O'Brien\", \"note\": \"It's Ann's or Bob's\"}",
            "{\"separator\": \"'\", \"comment\": \"#\", \"op\": \"=\"}",
            "It's the dogs' or the cats' bowl; 'yes' or 'no'? He said \"maybe\" or \"perhaps\" -- I forget.",
            "Would you rather have 1 or 2? If x = 1 or x = 2, is 5 > 3 and 2 < 1? Show that 1 + 1 = 2 and 2 + 2 = 4.",
            "Please order by date, select the first option from the list; update the table and drop the last row.",
            "The European Union selected a committee; members from the union select their chair.",
            "Can you explain what a UNION SELECT is and when it is better than a join?",
            "Explain SQL injection to a beginner, and how prepared statements prevent it.",
            "rock 'n' roll, the '90s, O'Reilly's, Palme d'Or -- all in one list",
            "",
        ],
    );
}

#[test]
fn what_is_found_has_a_trigger() {
    for text in [
        "' or 7=7--",
        "4; drop table t",
        "sleep (3)",
        "{\"$ne\": 1}",
        "'*'",
        "*)(cn=*",
        "order by 4#",
    ] {
        assert!(is_triggered(TRIGGERS, text), "{text}");
    }
}
