//! Configs that are no YAML, or YAML of another kind.

use super::Page;
use crate::support::CONFIG;

#[test]
fn yaml() {
    let mut page = Page::new();
    page.in_config("a bracket is not closed", "seeds: [0, 1]", "seeds: [0, 1");
    page.in_config("a brace is not closed", "{width: 2}", "{width: 2");
    page.in_config("a bracket too many", "seeds: [0, 1]", "seeds: [0, 1]]");
    page.in_config("a quote is not closed", "name: small", "name: \"small");
    page.in_config("a tab indents", "  tiny: {width: 2}", "\ttiny: {width: 2}");
    page.in_config(
        "a line is indented less than its list",
        "        - {angle_deg: 110}",
        "     - {angle_deg: 110}",
    );
    page.in_config("a line is indented more", "seeds: [0, 1]", "  seeds: [0, 1]");
    page.in_config("a colon is missing", "seeds: [0, 1]", "seeds [0, 1]");
    page.in_config("no space after a colon", "seeds: [0, 1]", "seeds:[0, 1]");
    page.in_config("a comma is missing", "{width: 2}", "{width: 2 depth: 3}");
    page.in_config(
        "a text with a colon is not quoted",
        "name: small",
        "name: small\ndescription: first: a try",
    );
    page.in_config("a key stands twice", "seeds: [0, 1]", "seeds: [0, 1]\nseeds: [2]");
    page.in_config(
        "a key stands twice within braces",
        "{epochs: 2, batch: 4}",
        "{epochs: 2, batch: 4, epochs: 3}",
    );
    page.in_config("an alias has no anchor", "seeds: [0, 1]", "seeds: *seeds");
    page.as_config("two documents in one file", &format!("{CONFIG}---\n{CONFIG}"));
    page.as_config("the file is empty", "");
    page.as_config("nothing but comments", "# version: 1\n# name: small\n");
    page.as_config("a list instead of keys", "- version: 1\n- name: small\n");
    page.as_config("a sentence", "no config at all\n");
    page.as_config("JSON that is cut off", "{\"version\": 1, \"name\": \"small\",");
    page.check("yaml");
}
