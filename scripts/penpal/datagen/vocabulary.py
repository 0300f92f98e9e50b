"""Names, places, formats and products that people and their data are made of.

Written as text blocks that are easy to extend; the functions below turn them into flat lists with
start/size arrays, so that a whole block of people can pick from them at once.
"""

import unicodedata
from dataclasses import dataclass

import numpy as np

# name[:nickname]; the first ones are picked more often. Kanji carry their reading: 葵|aoi.
GIVEN = {
    "en": (
        """Emma Olivia:Liv Charlotte:Lottie Amelia:Millie Sophia:Sophie Isabella:Bella Ava Mia
        Elizabeth:Beth Katherine:Kate Margaret:Maggie Abigail:Abby Jessica:Jess Samantha:Sam
        Victoria:Vicky Jennifer:Jen Rebecca:Becky Susan:Sue Deborah:Debbie Patricia:Pat
        Alexandra:Alex Christine:Chris Josephine:Josie Theodora:Thea Caroline:Carrie Eleanor:Nell
        Grace Hannah Lucy Alice Ruth Hazel Ivy Clara Zoë Chloe Siobhán Niamh Phoebe Imogen Harriet
        Beatrice:Bea Frances:Fran Rosemary:Rose Gwendolyn:Gwen Priya Aisha Mei Tamara Naomi""",
        """James:Jim William:Bill Robert:Bob Michael:Mike Thomas:Tom Charles:Charlie Daniel:Dan
        Matthew:Matt Anthony:Tony Andrew:Andy Joseph:Joe Edward:Ted Benjamin:Ben Samuel:Sam
        Nicholas:Nick Alexander:Alex Jonathan:Jon Christopher:Chris Timothy:Tim Richard:Dick
        Gregory:Greg Stephen:Steve Patrick:Paddy Frederick:Fred Leonard:Leo Theodore:Theo
        Henry:Harry
        Liam Noah Oliver Ethan Lucas Mason Logan Owen Caleb Isaac Seán Seamus Callum Rory Angus
        Hugo Felix Jasper Silas Miles Arjun Omar Kwame Dmitri Rafael Zachary:Zach Raymond:Ray""",
    ),
    "de": (
        """Anna Maria Sophie Marie Katharina:Kathi Elisabeth:Lisa Johanna:Hanna Charlotte:Lotte
        Franziska:Franzi Susanne:Susi Gabriele:Gabi Brigitte Ursula:Uschi Käthe Jule Annelie
        Heike Petra Birgit Ingrid Frieda Greta Ida Lena Mia Leonie Zoë Saskia Friederike:Rike
        Magdalena:Leni Antonia:Toni Wiebke Swantje Gülsen Ayşe Mathilda""",
        """Maximilian:Max Alexander:Alex Friedrich:Fritz Johannes:Hannes Matthias:Matze
        Michael:Michi
        Sebastian:Basti Christoph:Chris Wolfgang:Wolf Jürgen Günter Jörg Björn Sören Klaus Dieter
        Uwe Holger Torsten Lukas Paul Finn Leon Emil Oskar Anton:Toni Jakob Moritz Konrad Ludwig
        Benedikt:Ben Leopold:Poldi Mehmet Kerem Thaddäus Hermann""",
    ),
    "fr": (
        """Léa Chloé Camille Inès Zoé Élise Hélène Céline Aurélie Mélanie Margaux Manon Jeanne
        Louise Alice Juliette Madeleine:Mado Élisabeth:Babette Françoise Geneviève Thérèse Noémie
        Océane Clémence Amélie Joséphine:José Véronique:Véro Dominique:Domi Yasmine Fatou Anaïs""",
        """Gabriel Léo Raphaël Louis Arthur Jules Hugo Théo Rémi Loïc Jérôme Stéphane:Steph
        François Frédéric:Fred Sébastien:Seb Alexandre:Alex Guillaume Benoît Étienne Grégoire:Greg
        Mathéo Noël Joël Michel Pascal Thierry Olivier Bastien Maxime:Max Nicolas:Nico Karim
        Mamadou""",
    ),
    "es": (
        """Lucía Sofía María Martina Paula Julia Valeria Carmen:Menchu Dolores:Lola
        Concepción:Concha
        Francisca:Paca Mercedes:Merche Inés Noelia Begoña Nuria Rocío Pilar Rosario:Charo
        Guadalupe:Lupe Isabel:Isa Cristina:Cris Ángela Mónica Verónica:Vero Belén Estefanía:Fani
        Ximena Itziar Remedios Alejandra:Ale""",
        """Hugo José:Pepe Francisco:Paco Ignacio:Nacho Jesús:Chus Antonio:Toño Enrique:Quique
        Alejandro:Álex Guillermo:Guille Santiago:Santi Rafael:Rafa Javier:Javi Manuel:Manolo
        Martín Álvaro Íñigo Andrés Ramón Adrián Raúl Óscar Rubén Iván Gonzalo Mateo Leonel
        Diego Emilio Joaquín:Quino Fernando:Nando Sergio Salvador:Salva""",
    ),
    "nl": (
        """Emma Sanne Fleur Femke Anouk Lotte Marijke Wilhelmina:Mien Cornelia:Corrie Johanna:Jo
        Elisabeth:Els Annemarie:Annie Roos Noor Saar Fenna Mirte Ilse Marloes Daniëlle Chloë
        Catharina:Toos Margaretha:Griet Yara Hatice Jantine""",
        """Daan Sem Bram Thijs Jeroen Sjoerd Willem:Wim Hendrik:Henk Cornelis:Kees Johannes:Jan
        Petrus:Piet Gerardus:Gerard Ruben Lars Niels Joost Maarten Pieter Koen Tijmen Gijs Jelle
        Noël Michaël Anton:Ton Yusuf Sander Floris""",
    ),
    "pt": (
        """Ana Beatriz:Bia Júlia Letícia:Lê Luíza:Lu Fernanda:Nanda Gabriela:Gabi Conceição:Ção
        Antônia:Toninha Cecília:Ciça Débora Érica Flávia Isabela:Bela Lívia Márcia Patrícia:Pati
        Raquel Rosângela Simone Tainá Thaís Vitória:Vivi Yasmin Iara Jaqueline:Jaque""",
        """João Antônio:Toninho Francisco:Chico José:Zé Luís Carlos:Cacá Sebastião:Tião Paulo
        Eduardo:Edu Rafael:Rafa Guilherme:Gui Gustavo:Guga Vinícius:Vini Caetano Tomé Estêvão
        Otávio César Márcio Cauã Davi Murilo Ícaro Bernardo:Be Leandro Wagner Roberto:Beto""",
    ),
    "ja": (
        """Yui Sakura Hina Aoi Mei Rin Akari Haruka Misaki Nanami Yuko Keiko Tomoko Naomi Emi Kaori
        Michiko Ayaka Chihiro Mio 葵|aoi 結衣|yui 陽菜|hina 美咲|misaki 桜|sakura 恵子|keiko""",
        """Haruto Ren Sota Yuto Takumi Kenta Daiki Hiroshi Takashi Kenji Makoto Satoshi Shun Ryo
        Kazuki Naoki Tsuyoshi Minoru Isamu Jun 蓮|ren 陽翔|haruto 大輝|daiki 健太|kenta
        誠|makoto""",
    ),
}

SURNAMES = {
    "en": """Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Thomas Moore
        Jackson Martin Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright
        Scott Hill Green Adams Baker Nelson Carter Mitchell Roberts Turner Phillips Campbell Parker
        Evans Edwards Collins Stewart Morris Murphy Cook Rogers Morgan Cooper Peterson Reed Bailey
        Bell Kelly Howard Ward Cox Richardson Watson Brooks Bennett Gray Hughes Price Myers Long
        Foster Sanders Ross Powell Sullivan Russell Fisher O'Brien O'Connor MacDonald McKenzie
        Fitzgerald Patel Singh Khan Nguyen Kim Chen Okafor Cohen Novak Kowalski Ibáñez St.John""",
    "de": """Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch
        Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann
        Lange Schmitt Werner Krause Meier Lehmann Köhler Maier Huber Kaiser Fuchs Peters Lang Scholz
        Möller Weiß Jung Hahn Vogel Günther Roth Böhm Größ Kühn Groß Özdemir Straßer""",
    "fr": """Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel
        Lefèvre Leroy Roux David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine
        Rousseau Vincent Muller Lefebvre Mercier Blanc Guérin Boyer Garnier Chevalier François
        Legrand Gauthier Perrin Clément Morin Nicolas Roussel Mathieu Gautier Masson Benoît Hébert
        Barthélémy Diallo Traoré Beauchêne N'Diaye D'Aubigné""",
    "es": """García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez
        Ruiz Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez
        Vázquez Ramos Gil Ramírez Serrano Blanco Molina Suárez Castro Ortega Delgado Ortiz Marín
        Rubio Núñez Medina Sanz Castillo Iglesias Cortés Garrido Peña Ibáñez Echeverría
        Zubizarreta""",
    "nl": """Jansen Bakker Visser Smit Meijer Mulder Bos Vos Peters Hendriks Dekker Brouwer Dijkstra
        Kok Jacobs Vermeulen Schouten Willems Hoekstra Koster Prins Huisman Postma Kuipers Veenstra
        Kramer Scholten Groot Molenaar Bosman Zijlstra Hofman Citroën Wolters Dijkema Terpstra""",
    "pt": """Silva Santos Oliveira Souza Rodrigues Ferreira Alves Pereira Lima Gomes Costa Ribeiro
        Martins Carvalho Almeida Lopes Soares Fernandes Vieira Barbosa Rocha Dias Nascimento Andrade
        Moreira Nunes Marques Machado Mendes Freitas Cardoso Ramos Gonçalves Araújo Brandão Falcão
        Assunção Magalhães Simões Conceição Guimarães Leitão""",
    "ja": """Sato Suzuki Takahashi Tanaka Watanabe Ito Kobayashi Kato Yoshida Yamada Sasaki Inoue
        Kimura Hayashi Shimizu Saito Mori Abe Ikeda Hashimoto Ishikawa Ogawa Goto Okada Hasegawa
        佐藤|sato 鈴木|suzuki 高橋|takahashi 田中|tanaka 渡辺|watanabe 小林|kobayashi
        山田|yamada""",
}
# The rarer half of the surnames: every first part with every second part.
COMPOUND_SURNAMES = {
    "en": (
        """Ash Black Brad Brook Clay Cran Dun East Fair Gold Hart Hazel Holl Kirk Lang Mar Nor Oak
        Pem Rad Red Rock Sher Stan Stock Thorn Wal West Whit Win""",
        "field ford ham ley man combe ton wood well worth bridge brook",
    ),
    "de": (
        """Berg Stein Feld Wald Bach Brunn Eich Linden Hirsch Sand Stern Winkel Kirch Ober Unter
        Nieder Alten Neuen Rosen Weiden""",
        "mann bauer meier huber hofer müller thaler berger kamp dorf",
    ),
    "fr": (
        "Beau Bois Cham Clair Fon Grand Haute Mont Neu Saint Vau Ville",
        "court mont pierre val ville fort rive bois lieu champ",
    ),
    "nl": (
        "van.de van.den ter van.der",
        """ Berg Heuvel Meer Velde Brink Linden Laan Wal Horst Beek Bosch Broek Hoek Haar Kamp
        Vliet Wetering Zande""",
    ),
    "ja": (
        "Yama Naka Taka Mori Kawa Matsu Ishi Oka Fuji Kita Nishi Hira Ko Mura Sugi Toku",
        "da moto shita mura guchi no hara zaki zawa kawa",
    ),
}

# code, calling code, trunk prefix, name pool, language, currency, share, mobile prefixes,
# pattern of the postal code's end (# digit, @ letter), order of the street line
COUNTRIES = """
US|1||en|en|USD|46||##|en
CA|1||en|en|CAD|7|| #@#|en
GB|44|0|en|en|GBP|12|740 753 771 787 795|# #@@|en
AU|61|0|en|en|AUD|4|41 42 43 44|##|en
NZ|64|0|en|en|USD|3|21 22 27|##|en
DE|49|0|de|de|EUR|9|160 170 171 172|##|de
FR|33|0|fr|fr|EUR|5|66 67 68 76|##|fr
ES|34||es|es|EUR|4|60 61 65 69|##|es
NL|31|0|nl|nl|EUR|4|61 62 64|## @@|nl
BR|55|0|pt|pt|USD|3|99 98|##-###|pt
JP|81|0|ja|ja|JPY|3|908 808 709|-####|ja
"""

# country|city|region|postal prefix|area code|IANA time zone|UTC offset in hours (winter)
CITIES = """
US|New York|NY|100|212|America/New_York|-5
US|Brooklyn|NY|112|718|America/New_York|-5
US|Buffalo|NY|142|716|America/New_York|-5
US|Boston|MA|021|617|America/New_York|-5
US|Philadelphia|PA|191|215|America/New_York|-5
US|Atlanta|GA|303|404|America/New_York|-5
US|Miami|FL|331|305|America/New_York|-5
US|Asheville|NC|288|828|America/New_York|-5
US|Detroit|MI|482|313|America/Detroit|-5
US|Chicago|IL|606|312|America/Chicago|-6
US|Austin|TX|787|512|America/Chicago|-6
US|New Orleans|LA|701|504|America/Chicago|-6
US|Minneapolis|MN|554|612|America/Chicago|-6
US|Lawrence|KS|660|785|America/Chicago|-6
US|Denver|CO|802|303|America/Denver|-7
US|Santa Fe|NM|875|505|America/Denver|-7
US|Phoenix|AZ|850|602|America/Phoenix|-7
US|Los Angeles|CA|900|213|America/Los_Angeles|-8
US|San Francisco|CA|941|415|America/Los_Angeles|-8
US|Portland|OR|972|503|America/Los_Angeles|-8
US|Seattle|WA|981|206|America/Los_Angeles|-8
US|Anchorage|AK|995|907|America/Anchorage|-9
US|Honolulu|HI|968|808|Pacific/Honolulu|-10
CA|Toronto|ON|M5V|416|America/Toronto|-5
CA|Montréal|QC|H2X|514|America/Toronto|-5
CA|Halifax|NS|B3J|902|America/Halifax|-4
CA|Calgary|AB|T2P|403|America/Edmonton|-7
CA|Vancouver|BC|V6B|604|America/Vancouver|-8
CA|St. John's|NL|A1C|709|America/St_Johns|-4
GB|London|England|SW|207|Europe/London|0
GB|Manchester|England|M|161|Europe/London|0
GB|Birmingham|England|B|121|Europe/London|0
GB|Bristol|England|BS|117|Europe/London|0
GB|Leeds|England|LS|113|Europe/London|0
GB|Edinburgh|Scotland|EH|131|Europe/London|0
GB|Glasgow|Scotland|G|141|Europe/London|0
GB|Cardiff|Wales|CF|292|Europe/London|0
GB|Belfast|Northern Ireland|BT|289|Europe/London|0
AU|Sydney|NSW|20|29|Australia/Sydney|10
AU|Melbourne|VIC|30|39|Australia/Melbourne|10
AU|Brisbane|QLD|40|73|Australia/Brisbane|10
AU|Adelaide|SA|50|88|Australia/Adelaide|9
AU|Perth|WA|60|89|Australia/Perth|8
NZ|Auckland|Auckland|10|9|Pacific/Auckland|12
NZ|Wellington|Wellington|60|4|Pacific/Auckland|12
NZ|Dunedin|Otago|90|3|Pacific/Auckland|12
DE|Berlin|Berlin|101|30|Europe/Berlin|1
DE|Hamburg|Hamburg|200|40|Europe/Berlin|1
DE|München|Bayern|803|89|Europe/Berlin|1
DE|Köln|Nordrhein-Westfalen|506|221|Europe/Berlin|1
DE|Frankfurt am Main|Hessen|603|69|Europe/Berlin|1
DE|Leipzig|Sachsen|041|341|Europe/Berlin|1
DE|Tübingen|Baden-Württemberg|720|707|Europe/Berlin|1
FR|Paris|Île-de-France|750|14|Europe/Paris|1
FR|Lyon|Auvergne-Rhône-Alpes|690|47|Europe/Paris|1
FR|Marseille|Provence-Alpes-Côte d'Azur|130|49|Europe/Paris|1
FR|Orléans|Centre-Val de Loire|450|23|Europe/Paris|1
FR|Besançon|Bourgogne-Franche-Comté|250|38|Europe/Paris|1
ES|Madrid|Comunidad de Madrid|280|91|Europe/Madrid|1
ES|Barcelona|Cataluña|080|93|Europe/Madrid|1
ES|Sevilla|Andalucía|410|95|Europe/Madrid|1
ES|A Coruña|Galicia|150|98|Europe/Madrid|1
ES|Las Palmas|Canarias|350|92|Atlantic/Canary|0
NL|Amsterdam|Noord-Holland|10|20|Europe/Amsterdam|1
NL|Rotterdam|Zuid-Holland|30|10|Europe/Amsterdam|1
NL|Utrecht|Utrecht|35|30|Europe/Amsterdam|1
NL|'s-Hertogenbosch|Noord-Brabant|52|73|Europe/Amsterdam|1
BR|São Paulo|SP|010|113|America/Sao_Paulo|-3
BR|Rio de Janeiro|RJ|200|213|America/Sao_Paulo|-3
BR|Brasília|DF|700|613|America/Sao_Paulo|-3
BR|Manaus|AM|690|923|America/Manaus|-4
BR|Florianópolis|SC|880|483|America/Sao_Paulo|-3
JP|Tokyo|Tokyo|150|35|Asia/Tokyo|9
JP|Osaka|Osaka|530|66|Asia/Tokyo|9
JP|Kyoto|Kyoto|600|75|Asia/Tokyo|9
JP|Sapporo|Hokkaido|060|11|Asia/Tokyo|9
"""

# street line with {n} house number; names x kinds give the streets; the last list is how the
# kinds are also written
STREETS = {
    "en": (
        "{n} {name} {kind}",
        """Oak Maple Cedar Elm Willow Chestnut Walnut Birch Park Lake Hill River Church Mill Station
        High Bridge Meadow Orchard Garden Spring Forest Highland Sunset Washington Lincoln Jefferson
        Madison Franklin Victoria Albert Queen King Prince George York Kent Bedford Cambridge Oxford
        Windsor Richmond Clarendon Mulberry Juniper Magnolia Sycamore Laurel Hawthorn Linden""",
        "Street Avenue Road Lane Drive Court Place",
        "St Ave Rd Ln Dr Ct Pl",
    ),
    "de": (
        "{name}{kind} {n}",
        """Linden Garten Bahnhof Schul Kirch Berg Wald Haupt Rosen Goethe Schiller Mozart Bach
        Mühlen
        Wiesen Birken Buchen Eichen Tannen Ahorn Kastanien Blumen Sonnen Brunnen Feld Ring Markt
        Schloss Burg Kloster Ufer Hafen""",
        "straße weg allee gasse platz",
        "str. weg allee gasse pl.",
    ),
    "fr": (
        "{n} {kind} {name}",
        """des_Lilas de_la_République Victor_Hugo Pasteur du_Moulin de_l'Église des_Écoles
        Jean_Jaurès
        de_la_Gare Voltaire du_Château des_Acacias de_Verdun Gambetta Molière des_Tilleuls
        de_la_Fontaine du_Général_Leclerc Saint-Michel Sainte-Anne des_Peupliers de_Bretagne""",
        "rue avenue boulevard place impasse chemin",
        "r. av. bd pl. imp. ch.",
    ),
    "es": (
        "{kind} {name} {n}",
        """Mayor Real de_la_Constitución del_Sol de_Cervantes de_Goya de_Velázquez San_Juan San_José
        Santa_María de_la_Paz de_Colón de_Alcalá del_Prado de_la_Rosa del_Carmen de_Andalucía
        de_la_Libertad del_Pintor_Picasso Gran_Vía de_los_Olivos""",
        "Calle Avenida Plaza Paseo Camino",
        "C/ Avda. Pza. Po. Cno.",
    ),
    "nl": (
        "{name}{kind} {n}",
        """Kerk Molen Dorps School Stations Beuken Eiken Linden Kastanje Prinsen Keizers Heren
        Wilhelmina
        Juliana Beatrix Rembrandt Vondel Tulpen Rozen Nassau Oranje Haven Markt Spoor""",
        "straat laan weg plein kade gracht",
        "str. ln. wg. pln. kd. gr.",
    ),
    "pt": (
        "{kind} {name}, {n}",
        """das_Flores Sete_de_Setembro Tiradentes Santos_Dumont Dom_Pedro_II da_Paz das_Acácias
        Quinze_de_Novembro São_João São_José Barão_do_Rio_Branco Castro_Alves dos_Andradas
        Marechal_Deodoro da_Liberdade do_Comércio Bela_Vista Rui_Barbosa""",
        "Rua Avenida Travessa Alameda Praça",
        "R. Av. Tv. Al. Pça.",
    ),
    "ja": (
        "{n}-{n2} {name}{kind}",
        """Sakura Midori Hon Naka Asahi Yanagi Matsu Kita Minami Higashi Nishi Shin Kami Honcho
        Ginza
        Motomachi Takara Wakaba Aoba Fujimi""",
        "-cho -machi -dori",
        "-cho -machi -dori",
    ),
}

MAIL_DOMAINS = """mailbox.example fastpost.example postfach.example courriel.example correo.example
    inbox.example example.com example.org example.net gmail.com"""
HANDLES = (
    """blue red green silver happy lucky quiet brave tiny sunny swift lazy wild calm golden rusty
    foggy salty spicy mellow""",
    """fox otter heron finch badger maple pebble comet lantern teapot violin kite anchor acorn
    beetle cactus dolphin ember falcon gecko""",
)
USER_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Safari/617",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Safari/604",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Firefox/127.0",
    "Mozilla/5.0 (iPad; CPU OS 17_4) Safari/604",
)
BOT_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "python-requests/2.32.3",
    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/126.0",
)

# category|slug prefix|price range in USD|adjectives|nouns
PRODUCTS = """
Pens|pen|6-120|Classic Travel Brass Midnight Ivory|Fountain Pen;Rollerball;Brush Pen;Dip Pen;Gel Pen
Ink|ink|8-36|Sepia Oxblood Ultramarine Moss|Bottled Ink;Ink Cartridges;Shimmer Ink;Iron Gall Ink
Paper|pap|5-48|Laid Cotton Airmail Deckle-Edge Marbled|Writing Paper;Envelopes;Letter Set;Onionskin
Notebooks|nbk|7-42|Dotted Ruled Plain Linen|Notebook;Journal;Pocket Diary;Sketchbook
Cards|crd|3-24|Birthday Thank-You Letterpress Botanical|Card;Postcard Set;Card Box;Gift Tag
Books|bok|9-55|Illustrated Collected Annotated|Book of Letters;Calligraphy Primer;Stamp Atlas
Desk|dsk|10-180|Walnut Steel Vintage|Letter Tray;Pen Stand;Desk Lamp;Wax Seal Kit;Letter Opener
Gifts|gft|12-150|Deluxe Little Pen-Friend's|Gift Box;Sealing Set;Stamp Album;Correspondence Kit
"""
ODD_PRODUCT_NAMES = (
    "Füller „Klassik“ mit Goldfeder",
    "Cahier à réglure Séyès",
    "万年筆インク 月夜",
    'Pen & Ink "Starter" Set <3 nibs>',
    "Tinta «Noche» 50 ml, edición de señorío",
)

JUNK_EMAILS = ("test@test.com", "none@none.com", "noemail@noemail.com", "n/a", "na@na.com")
JUNK_PHONES = ("0000000000", "+1 111 111 1111", "n/a", "1234567890", "999-999-9999")


@dataclass(frozen=True)
class Pools:
    """Flat vocabularies: items, and where each pool's part starts and how long it is."""

    items: list
    starts: np.ndarray
    sizes: np.ndarray


def ascii_form(text: str) -> str:
    """Lower-case a-z form of a name, as people write it in an address."""
    reading = text.rpartition("|")[2].lower()
    for letter, plain in (("ß", "ss"), ("ø", "o"), ("ł", "l")):
        reading = reading.replace(letter, plain)
    plain = unicodedata.normalize("NFKD", reading).encode("ascii", "ignore").decode()
    return "".join(ch for ch in plain if ch.isalpha())


def _flatten(pools: list[list]) -> Pools:
    sizes = np.array([len(pool) for pool in pools])
    items = [item for pool in pools for item in pool]
    return Pools(items, np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)


POOL_NAMES = list(GIVEN)


def given_names() -> Pools:
    """(name, ascii form, nickname or None) for pool * 2 + (0 female | 1 male)."""
    pools = []
    for pool in POOL_NAMES:
        for names in GIVEN[pool]:
            parts = [name.partition(":") for name in names.split()]
            pools.append([(n.split("|")[0], ascii_form(n), nick or None) for n, _, nick in parts])
    return _flatten(pools)


def surnames() -> Pools:
    """(name, ascii form) a pool: the common ones first, then the compounds."""
    pools = []
    for pool in POOL_NAMES:
        names = SURNAMES[pool].split()
        firsts, seconds = COMPOUND_SURNAMES.get(pool, ("", ""))
        gap = " " if pool == "nl" else ""
        names += [a + gap + b for a in firsts.split() for b in seconds.split()]
        shown = [name.split("|")[0].replace(".", " ").strip() for name in names]
        pools.append([(s, ascii_form(name)) for s, name in zip(shown, names, strict=True)])
    return _flatten(pools)


def countries() -> list[list[str]]:
    """The fields of COUNTRIES, one list a country."""
    return [line.split("|") for line in COUNTRIES.strip().split("\n")]


def cities() -> list[list[str]]:
    """The fields of CITIES, one list a city, grouped by country in the order of COUNTRIES."""
    rows = [line.split("|") for line in CITIES.strip().split("\n")]
    order = [country[0] for country in countries()]
    return sorted(rows, key=lambda row: order.index(row[0]))
