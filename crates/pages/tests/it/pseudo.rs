//! A pseudo-locale: English, written from right to left, accented, and 40 % longer. It proves that layouts bear other languages.
//!
//! Made from a finished page, so that the product holds nothing for it. Text in `<bdi>` and `<code>` belongs to others and stays as it is.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

/// The page as a translation would make it.
pub(crate) fn page(html: &str) -> String {
    let mut out = String::with_capacity(html.len() * 2);
    let mut untouched = 0_usize;
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (text, tagged) = rest.split_at(open);
        out.push_str(&if untouched > 0 { text.to_owned() } else { longer(text) });
        let (tag, after) = tagged.split_at(tagged.find('>').map_or(tagged.len(), |end| end + 1));
        match tag {
            "<bdi>" | "<code>" | "<code id=\"request-id\">" => untouched += 1,
            "</bdi>" | "</code>" => untouched -= 1,
            _ => {}
        }
        out.push_str(&tag.replace("<html lang=\"en\" dir=\"ltr\">", "<html lang=\"ar\" dir=\"rtl\">"));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn longer(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters == 0 {
        return text.to_owned();
    }
    let mut out: String = text.chars().map(accented).collect();
    let end = out.trim_end().len();
    let filling: String = "\u{20}īn łöñġér wörđş ţħåñ bëƒöŕé āñđ ēvēñ ɱöŕé"
        .chars()
        .cycle()
        .take(letters * 2 / 5)
        .collect();
    out.insert_str(end, &filling);
    out
}

fn accented(c: char) -> char {
    match c {
        'a' => 'å',
        'e' => 'é',
        'i' => 'ï',
        'o' => 'ö',
        'u' => 'ü',
        'n' => 'ñ',
        's' => 'š',
        't' => 'ţ',
        'A' => 'Å',
        'E' => 'É',
        'S' => 'Š',
        other => other,
    }
}
