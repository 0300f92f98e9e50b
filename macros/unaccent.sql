{#-
    Comparison form of a name: lower case, Latin letters without their marks. Both alphabets are spelt out
    because no two engines strip accents alike; a decomposed mark (NFD) is dropped by its Unicode class.
-#}
{% macro unaccent(expression) -%}
    {%- set marked =
        'àáâãäåçèéêëìíîïðñòóôõöøùúûüýÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňŋōŏőŕŗřśŝşšţťŧũūŭ' ~
        'ůűųŵŷźżžſơưǎǐǒǔǖǘǚǜǟǡǧǩǫǭǰǵǹǻȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹ' ~
        'ḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙẛạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộ' ~
        'ớờởỡợụủứừửữựỳỵỷỹ'
    -%}
    {%- set plain =
        'aaaaaaceeeeiiiidnoooooouuuuyyaaaccccddeeeeegggghhiiiiijkllllnnnnooorrrsssstttuuu' ~
        'uuuwyzzzsouaiouuuuuaagkoojgnaaaeeiioorruusthaeooooyabbbcdddddeeeeefghhhhhiikkkll' ~
        'llmmmnnnnoooopprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwysaaaaaaaaaaaaeeeeeeeeiiooooooo' ~
        'ooooouuuuuuuyyyy'
    -%}
    {%- set ns = namespace(text="lower(" ~ expression ~ ")") -%}
    {%- for letters, ascii in [('ß', 'ss'), ('æ', 'ae'), ('œ', 'oe'), ('þ', 'th')] -%}
        {%- set ns.text = "replace(" ~ ns.text ~ ", '" ~ letters ~ "', '" ~ ascii ~ "')" -%}
    {%- endfor -%}
    {#- Most names are plain, and translate() is forty times as slow as the question whether it is needed. -#}
    case
        when {{ regex_full_match(expression, '[\\x{01}-\\x{7f}]*') }} then lower({{ expression }})
        else {{ regex_replace("translate(" ~ ns.text ~ ", '" ~ marked ~ "', '" ~ plain ~ "')", '\\p{M}', '') }}
    end
{%- endmacro %}
