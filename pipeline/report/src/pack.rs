//! Packs: texts that the page carries compressed, in `<script>` elements that no browser runs, and that
//! its own script unfolds when they are needed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, html};
use miniz_oxide::deflate::compress_to_vec_zlib;

/// Compression from 0 to 10; above this one it takes twice the time for one part in a hundred.
const LEVEL: u8 = 6;

/// A text, compressed (zlib) and written in letters that need no escape in HTML (Base64).
pub fn pack(text: &str) -> String {
    STANDARD.encode(compress_to_vec_zlib(text.as_bytes(), LEVEL))
}

/// The element that carries a pack under a name, which is unique in the page.
pub fn island(name: &str, packed: &str) -> Markup {
    html! { script type="application/zlib" id={ "pack:" (name) } { (PreEscaped(packed)) } "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let text = "Energy [µJ]; ".repeat(1000);
        let packed = pack(&text);
        assert!(packed.len() < text.len() / 20);
        assert!(packed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)));
        let bytes = STANDARD.decode(&packed).unwrap();
        assert_eq!(miniz_oxide::inflate::decompress_to_vec_zlib(&bytes).unwrap(), text.as_bytes());
    }

    #[test]
    fn an_island_is_named() {
        assert_eq!(island("a:b", "eA==").0, "<script type=\"application/zlib\" id=\"pack:a:b\">eA==</script>\n");
    }
}
