{#-
    Comparison form of a name: lower case, Latin and Greek letters without their marks, ё as е, full-width letters and
    digits as plain ones. All are spelt out because no two engines strip accents alike; a decomposed accent (NFD) and
    the vowel points of Hebrew and Arabic are dropped, but not the vowel signs of Indian scripts, which are letters.
-#}
{% macro unaccent(expression) -%}
    {%- set marked =
        'àáâãäåçèéêëìíîïðñòóôõöøùúûüýÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňŋōŏőŕŗřśŝşšţťŧũūŭ' ~
        'ůűųŵŷźżžſơưǎǐǒǔǖǘǚǜǟǡǧǩǫǭǰǵǹǻȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹ' ~
        'ḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙẛạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộ' ~
        'ớờởỡợụủứừửữựỳỵỷỹёάέήίόύώϊϋΐΰςａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９'
    -%}
    {%- set plain =
        'aaaaaaceeeeiiiidnoooooouuuuyyaaaccccddeeeeegggghhiiiiijkllllnnnnooorrrsssstttuuu' ~
        'uuuwyzzzsouaiouuuuuaagkoojgnaaaeeiioorruusthaeooooyabbbcdddddeeeeefghhhhhiikkkll' ~
        'llmmmnnnnoooopprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwysaaaaaaaaaaaaeeeeeeeeiiooooooo' ~
        'ooooouuuuuuuyyyyеαεηιουωιυιυσabcdefghijklmnopqrstuvwxyz0123456789'
    -%}
    {%- set ns = namespace(text="lower(" ~ expression ~ ")") -%}
    {%- for letters, ascii in [('ß', 'ss'), ('æ', 'ae'), ('œ', 'oe'), ('þ', 'th')] -%}
        {%- set ns.text = "replace(" ~ ns.text ~ ", '" ~ letters ~ "', '" ~ ascii ~ "')" -%}
    {%- endfor -%}
    {#- Most names are plain, and translate() is forty times as slow as the question whether it is needed. -#}
    case
        when {{ regex_full_match(expression, '[\\x{01}-\\x{7f}]*') }} then lower({{ expression }})
        else {{ regex_replace("translate(" ~ ns.text ~ ", '" ~ marked ~ "', '" ~ plain ~ "')", '[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]', '') }}
    end
{%- endmacro %}
