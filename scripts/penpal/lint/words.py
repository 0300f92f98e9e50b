"""Words and patterns that the lint knows, in the languages of its letters."""

# ruff: noqa: RUF001 (letters of other scripts are meant as they stand)

from __future__ import annotations

import re

GREETING_WORDS = (
    *("Hello", "Hi", "Hey", "Dear", "Welcome back", "Hallo", "Liebe", "Lieber", "Guten Tag"),
    *("Moin", "Servus", "Bonjour", "Salut", "Cher", "Chère", "Hola", "Estimado", "Estimada"),
    *("Querido", "Querida", "Ciao", "Buongiorno", "Gentile", "Caro", "Cara", "Olá", "Oi"),
    *("Prezado", "Prezada", "Beste", "Hoi", "Hej", "Kära", "Kære", "Hei", "Cześć", "Witaj"),
    *("Ahoj", "Szia", "Merhaba", "Здравствуйте", "Привет", "Γεια σου", "مرحبا", "مرحباً", "أهلا"),
    *("أهلاً", "عزيزي", "عزيزتي", "שלום", "היי", "سلام"),
)
_GREETINGS = "|".join(sorted(map(re.escape, GREETING_WORDS), key=len, reverse=True))
# "Hello ," and "Dear ,": a name was to stand there. ("Bonjour !" is how French is set.)
EMPTY_GREETING = re.compile(
    rf"(?:^|(?<=[\n.!?]))\s*({_GREETINGS})(?:[ \u00a0]+[,،:;]|[ \u00a0]{{2,}}!)"
    r"|(?:^|(?<=\n))\s*(Dear|Liebe|Lieber|Cher|Chère|Estimado|Estimada|Prezado|Gentile|Beste)"
    r"\s*[,!:;]"
)
GREETED = re.compile(
    rf"(?:^|(?<=\n))\s*(?:{_GREETINGS})[ \u00a0]+([^,،!:;\n]{{1,60}})[,،!:]", re.MULTILINE
)

VAGUE_LINKS = frozenset(
    [
        "click here",
        "click",
        "here",
        "read more",
        "more",
        "learn more",
        "find out more",
        "this link",
        "link",
        "go",
        "see more",
        "tap here",
        "details",
        "hier",
        "hier klicken",
        "klicken sie hier",
        "mehr",
        "mehr erfahren",
        "weiterlesen",
        "ici",
        "cliquez ici",
        "en savoir plus",
        "lire la suite",
        "plus",
        "aquí",
        "haz clic aquí",
        "haga clic aquí",
        "leer más",
        "más",
        "qui",
        "clicca qui",
        "leggi di più",
        "scopri di più",
        "aqui",
        "clique aqui",
        "saiba mais",
        "leia mais",
        "klik hier",
        "lees meer",
        "klicka här",
        "läs mer",
        "klik her",
        "læs mere",
        "اضغط هنا",
        "انقر هنا",
        "هنا",
        "المزيد",
        "לחץ כאן",
        "כאן",
        "اینجا",
    ]
)

UNSUBSCRIBE = re.compile(
    r"unsubscri|opt[-_ ]?out|list-?manage|abmelden|abbestell|austragen|désabonn|desabonn|désinscri|"
    r"desinscri|darse de baja|cancelar la suscripci|cancelar (?:a )?(?:inscri|assinatura)|"
    r"disiscri|cancella l.iscrizione|afmelden|uitschrijven|avregistrera|avsluta prenumeration|"
    r"afmeld|avmeld|peru(?:uta)? tilau|wypisz|odhlásit|leiratkoz|отпис|abonelikten|"
    r"إلغاء الاشتراك|الغاء الاشتراك|ביטול|הסר|הסרה|لغو اشتراک",
    re.IGNORECASE,
)

# Merge tags by syntax. Each pattern takes the whole tag. What letters may well say is left alone:
# [sic], {2}, 50 %.
TAGS = (
    # The end of a tag alone, too.
    (
        "Jinja, Liquid or Handlebars",
        re.compile(r"\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)|\{#.{1,80}?#\}|\}\}|%\}"),
    ),
    ("Mailchimp", re.compile(r"\*\|[^|\n]{1,60}\|\*")),
    ("Salesforce", re.compile(r"%%[=\w][^%\n]{0,80}%%|\{![\w.]+\}")),
    (
        "HubSpot, Campaign Monitor or Constant Contact",
        re.compile(
            r"\[\[[^\[\]\n]{1,60}\]\]|\[(?:FIRST|LAST|FULL|USER|CUSTOMER|YOUR)?[ _-]?NAME\]"
            r"|\[(?:firstname|lastname|fullname|email|fallback=[^\]]*)[^\]\n]{0,40}\]"
            r"|\[[A-Z]+_[A-Z_]+\]"
        ),
    ),
    ("shell or JavaScript", re.compile(r"\$\{[^}\n]{1,60}\}|#\{[^}\n]{1,60}\}")),
    ("ERB, ASP or EJS", re.compile(r"<%.{0,80}?%>")),
    ("plain braces", re.compile(r"\{[A-Za-z_][\w.|]{0,40}\}")),
    ("percent signs", re.compile(r"%[A-Z][A-Z0-9_]{2,30}%|(?<![\w%])%\(\w+\)[sd]")),
    ("number or at signs", re.compile(r"##[A-Za-z_]\w{1,30}##|@@\w{2,30}@@")),
    # Guillemets are quotation marks too: only what no sentence says.
    ("Word", re.compile(r"«(?:[A-Za-z]+_\w+|(?:First|Last|Full)_?Name)»|<<[A-Za-z_]\w{1,30}>>")),
    ("SendGrid", re.compile(r"(?<![\w-])-(?:name|firstname|first_name|email)-(?![\w-])")),
    ("Penpal's own", re.compile(r"\bJINJA\d+X\b")),
)

# "None" begins sentences, and nan is bread: these only where a value would stand.
_AMBIGUOUS = "None|nan"
NO_VALUE = re.compile(
    r"(?<![\w.@/#-])(?:null|undefined|NaN|NaT|<NA>)(?![\w@/-]|\.\w)"
    r"|\[object \w+\]|Invalid [Dd]ate|#(?:REF|VALUE|NAME\?|N/A|DIV/0)!?|%!\w\(\w+\)|<no value>"
    r"|<built-in method|\b(?:Undefined|Missing)Error\b|<\w+(?:\.\w+)* object at 0x"
    r"|(?:^|[:,(\-/]\s?|(?:Hello|Hi|Dear|Hey|Hallo|for|in|of|to|from|your|is)[ ])"
    rf"(?:{_AMBIGUOUS})(?=\s*(?:[,.!?:;)/|]|$))"
    rf"|[$€£¥]\s?(?:{_AMBIGUOUS})\b",
    re.MULTILINE,
)
# Languages that count "null".
COUNT_NULL = frozenset(("de", "da", "no", "nb", "nn", "et", "lb"))
NO_VALUE_IN_LINK = re.compile(r"[=/](?:None|null|undefined|NaN|nan|%5Bobject%20\w+%5D)(?=[&/#?]|$)")
PLACEHOLDER = re.compile(
    r"lorem ipsum|dolor sit amet|\b(?:TODO|FIXME|TBD|TBC)\b(?=\s*[:(.]|\s*$)"
    r"|\byour (?:text|headline|title|copy|message|content|logo|company(?: name)?|image) "
    r"(?:goes )?here"
    r"|\binsert (?:your )?\w+(?: \w+)? here\b|\b(?:headline|body|subject|button|sample) text here\b"
    r"|\b(?:placeholder|dummy|filler) (?:text|image|title|copy)\b|^placeholder$"
    r"|\[(?:insert|your|company|name|date)\b[^\]]{0,40}\]"
    r"|\b(?:hier steht ihr|ihr text hier|votre texte ici|su texto aquí|seu texto aqui)\b"
    r"|\b123 (?:main|any|fake) st(?:reet)?\b|\basdf(?:asdf|gh)?\b|\btest test test\b",
    re.IGNORECASE | re.MULTILINE,
)
UPPER_ONLY = re.compile(r"TODO|FIXME|TBD|TBC", re.IGNORECASE)
EXAMPLE_HOST = re.compile(
    r"(?:^|[/@.\s])((?:example\.(?:com|org|net)|(?:your-?(?:site|domain|shop|store|company))\.com|"
    r"domain\.(?:com|tld)|localhost|[\w-]+\.(?:test|example|invalid|localhost)))"
    r"(?=[/:?#\s>,]|\.(?!\w)|$)",
    re.IGNORECASE,
)
GARBLED = re.compile(
    "\ufffd|Ã[\u0080-\u00bf©¨¤¶¼±§ª«¡³º]|â€[\u0080-\u00ff™œ\u009d“”˜¦]|Â[£€©®°·»«\u00a0]|ï»¿|Ø§Ù"
)
ENTITY = re.compile(
    r"&(?:amp|lt|gt|quot|nbsp|apos|#\d{2,5}|#x[0-9a-f]{2,5}|[lr]squo|[mn]dash);", re.I
)
SHORTENERS = frozenset(
    [
        "bit.ly",
        "tinyurl.com",
        "goo.gl",
        "ow.ly",
        "t.co",
        "is.gd",
        "buff.ly",
        "rebrand.ly",
        "cutt.ly",
        "rb.gy",
        "t.ly",
        "shorturl.at",
        "tiny.cc",
        "bl.ink",
        "lnkd.in",
        "adf.ly",
        "s.id",
        "v.gd",
        "soo.gd",
        "shorte.st",
        "j.mp",
    ]
)
FAKE_REPLY = re.compile(r"\s*(?:re|fwd?|aw|wg|sv|tr|rv|antw)\s*(?:\[\d+\])?\s*:\s", re.IGNORECASE)
MONEY = re.compile(
    r"(?:US|CA|AU|NZ)?[$€£¥₹₽₪]\s?\d(?:[\d.,'’ \u00a0\u202f]*\d)?"
    r"|\d(?:[\d.,'’ \u00a0\u202f]*\d)?[\s\u00a0\u202f]?(?:[€£¥₹₽₪]|(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|"
    r"PLN|CZK|JPY|CAD|AUD|SAR|AED|ILS)\b)"
)
CODE = re.compile(
    r"\b(?=[A-Z0-9_-]*\d)(?=[A-Z0-9_-]*[A-Z])[A-Z0-9](?:[A-Z0-9_]|-(?=[A-Z0-9])){4,23}\b(?![./])"
)
NAMED_CODE = re.compile(
    r"(?:code|coupon|voucher|gutschein\w*|codice|código|kod|kode|رمز|الرمز|كود|קוד)"
    r"(?:\s+(?:is|ist|est|es))?\s*[:：]?\s+[\"“„«]?([A-Z0-9][A-Z0-9_-]{2,23})\b",
)
URL = re.compile(r"https?://[^\s<>\"'\])}]+", re.IGNORECASE)
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
LETTER = re.compile(r"[^\W\d_]")
RTL_LANGUAGES = frozenset(
    ("ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi")
)
STUB = re.compile(
    r"view (?:this|the)?.{0,30}(?:browser|online)|html[- ](?:capable|compatible|version)"
    r"|does not support html|im browser (?:ansehen|anzeigen)|dans (?:votre|le) navigateur"
    r"|en (?:su|el|tu) navegador",
    re.IGNORECASE,
)
