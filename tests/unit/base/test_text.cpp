// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"
#include "tests/support/catch.h"

#include <random>

using namespace iopath;

TEST_CASE("ordinary names stay as they are", "[text]")
{
    CHECK(safe_text("fio") == "fio");
    CHECK(safe_text("kworker/u4:2+flush-254:0") == "kworker/u4:2+flush-254:0");
    CHECK(safe_text("größe 日本 é") == "größe 日本 é");
    CHECK(safe_text("").empty());
}

TEST_CASE("control bytes cannot reach the terminal", "[text]")
{
    CHECK(safe_text("a\x1b[2Jb") == "a\\x1b[2Jb");
    CHECK(safe_text("a\nb\tc\rd") == "a\\nb\\tc\\rd");
    CHECK(safe_text(std::string_view{"a\0b", 3}) == "a\\x00b");
    CHECK(safe_text("\x7f") == "\\x7f");
    CHECK(safe_text("\xc2\x9b"
                    "31m") == "\\u{009b}31m"); // CSI as one C1 code point
}

TEST_CASE("what is no UTF-8 is shown byte by byte", "[text]")
{
    CHECK(safe_text("\xff") == "\\xff");
    CHECK(safe_text("a\xe6\x97") == "a\\xe6\\x97");                 // cut short
    CHECK(safe_text("\xc0\xaf") == "\\xc0\\xaf");                   // overlong
    CHECK(safe_text("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");          // overlong
    CHECK(safe_text("\xed\xa0\x80") == "\\xed\\xa0\\x80");          // surrogate
    CHECK(safe_text("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80"); // above U+10FFFF
    CHECK(safe_text("\x9b") == "\\x9b");                            // C1 as one byte
}

TEST_CASE("text that hides or reorders is shown as what it is", "[text]")
{
    CHECK(safe_text("\xe2\x80\xae"
                    "gpj.exe") == "\\u{202e}gpj.exe");
    CHECK(safe_text("a\xe2\x81\xa6") == "a\\u{2066}");
    CHECK(safe_text("a\xe2\x80\x8b") == "a\\u{200b}");
    CHECK(safe_text("\xe2\x80\xa8") == "\\u{2028}");
    CHECK(safe_text("\xef\xbb\xbf") == "\\u{feff}");
    CHECK(safe_text("\xf3\xa0\x80\xa1") == "\\u{e0021}");
}

TEST_CASE("an ASCII reader gets ASCII", "[text]")
{
    CHECK(safe_text("größe", Charset::ascii) == "gr\\u{00f6}\\u{00df}e");
}

TEST_CASE("whatever comes in, one harmless line comes out", "[text]")
{
    std::mt19937 random{20261122};
    std::uniform_int_distribution<int> byte{0, 255};
    for (int round = 0; round < 2000; ++round) {
        std::string raw;
        for (int i = 0; i < 24; ++i)
            raw += static_cast<char>(byte(random));
        for (const Charset charset : {Charset::utf8, Charset::ascii}) {
            const std::string safe = safe_text(raw, charset);
            for (const char c : safe) {
                const auto value = static_cast<unsigned char>(c);
                REQUIRE(value >= 0x20);
                REQUIRE(value != 0x7f);
                REQUIRE((charset == Charset::utf8 || value < 0x80));
            }
            REQUIRE(safe_text(safe, charset) == safe);
        }
    }
}

TEST_CASE("widths are those of a terminal", "[text]")
{
    CHECK(display_width("") == 0);
    CHECK(display_width("abc") == 3);
    CHECK(display_width("größe") == 5);
    CHECK(display_width("日本") == 4);
    CHECK(display_width("e\xcc\x81") == 1);
    CHECK(display_width("█…") == 2);
    CHECK(display_width("😀") == 2);
}

TEST_CASE("what is too long is cut between characters and marked", "[text]")
{
    CHECK(truncated("abc", 3) == "abc");
    CHECK(truncated("abcd", 3) == "ab~");
    CHECK(truncated("abcd", 3, "…") == "ab…");
    CHECK(truncated("größe", 4) == "grö~");
    CHECK(truncated("日本語", 4) == "日~");
    CHECK(truncated("日本語", 5) == "日本~");
    CHECK(truncated("abc", 0).empty());
    CHECK(truncated("abc", 1, "..") == "a");
}

TEST_CASE("what safe_text has to escape byte by byte is no UTF-8", "[text]")
{
    CHECK(is_utf8(""));
    CHECK(is_utf8("a\nb\x1b"));
    CHECK(is_utf8("größe 日本語"));
    CHECK_FALSE(is_utf8("\xff"));
    CHECK_FALSE(is_utf8("a\xc3"));
    CHECK_FALSE(is_utf8("\xed\xa0\x80")); // a surrogate
    CHECK(as_utf8("a\n") == "a\n");
    CHECK(as_utf8("a\n\xff") == "a\\n\\xff");
}

TEST_CASE("paths that are too long are cut at the front", "[text]")
{
    CHECK(front_truncated("/a/b/c", 6) == "/a/b/c");
    CHECK(front_truncated("/a/b/cd", 6) == ".../cd");
    CHECK(front_truncated("/x/größe", 7) == "...röße");
    CHECK(front_truncated("/x/日本語", 8) == "...本語");
    CHECK(display_width(front_truncated("/日本語/日本語", 8)) <= 8);
}
