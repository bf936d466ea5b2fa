//! Passwords that everybody tries first, from public knowledge: those of eight characters and more, in lower case.
//!
//! Shorter ones are refused by length already. The list is a floor, not a breach corpus; attempts are limited elsewhere.

/// Compared without regard to ASCII case.
#[rustfmt::skip]
pub(crate) const COMMONEST: &[&str] = &[
    "00000000", "000000000", "0000000000", "01234567", "012345678", "0123456789", "0987654321", "10101010",
    "1029384756", "11111111", "111111111", "1111111111", "11223344", "1122334455", "112233445566", "12121212",
    "123123123", "123321123", "12341234", "12344321", "1234512345", "123456123456", "12345678", "123456789",
    "1234567890", "12345678910", "123456789a", "12345678a", "123456aa", "1234qwer", "123654789", "123qweasd",
    "123qweasdzxc", "147258369", "159753456", "19283746", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "1qaz2wsx3edc",
    "1qazxsw2", "22222222", "33333333", "44444444", "55555555", "66666666", "69696969", "741852963", "77777777",
    "789456123", "87654321", "88888888", "963852741", "987654123", "987654321", "9876543210", "99999999", "999999999",
    "a12345678", "a123456789", "aa123456", "aa12345678", "aaaaaaaa", "abc12345", "abc123456", "abc123abc", "abcd1234",
    "abcdefgh", "abcdefghi", "admin123", "admin1234", "admin12345", "admin123456", "adminadmin", "administrator",
    "alexander", "arsenal1", "asdf1234", "asdfasdf", "asdfghjk", "asdfghjkl", "asdfghjkl123", "asshole1",
    "azertyuiop", "barcelona", "baseball", "baseball1", "basketball", "batman123", "benjamin", "blink182", "bullshit",
    "butterfly", "changeme", "changeme123", "charlie1", "cheese123", "chelsea1", "chocolate", "christian", "computer",
    "correcthorsebatterystaple", "corvette", "cowboys1", "danielle", "december", "default1", "dragon123", "elizabeth",
    "february", "football", "football1", "freedom1", "friends1", "fuckyou1", "fuckyou2", "greenday", "guest1234",
    "hallo123", "hannah123", "hello123", "hello1234", "helloworld", "iloveyou", "iloveyou1", "iloveyou123",
    "iloveyou2", "internet", "internet1", "isabella", "jennifer", "jessica1", "jonathan", "jordan23", "killer123",
    "letmein1", "letmein123", "liverpool", "liverpool1", "lovely123", "manchester", "marlboro", "master123",
    "maverick", "mercedes", "metallic", "metallica", "michael1", "michelle", "michigan", "midnight", "midnight1",
    "monkey123", "motdepasse", "mustang1", "mypassword", "newpassword", "nicholas", "november", "p@ssw0rd",
    "p@ssword", "pa$$w0rd", "pa$$word", "passw0rd", "password", "password!", "password0", "password01", "password1",
    "password12", "password123", "password1234", "password2", "passwort", "passwort1", "passwort123", "patricia",
    "pineapple", "pokemon123", "precious", "princess", "princess1", "purple123", "pussycat", "q1w2e3r4", "q1w2e3r4t5",
    "qazwsx123", "qazwsxedc", "qweasdzxc", "qwerty12", "qwerty123", "qwerty1234", "qwerty12345", "qwerty123456",
    "qwertyui", "qwertyuiop", "qwertz123", "qwertzuiop", "rainbow1", "redskins", "root1234", "rootroot", "samantha",
    "schatz123", "scorpion", "secret123", "september", "shadow123", "snowball", "spiderman", "starwars", "steelers",
    "stephanie", "strawberry", "sunflower", "sunshine", "sunshine1", "superman", "superman1", "swordfish", "test1234",
    "test12345", "testing123", "testtest", "trustno1", "user1234", "username", "valentina", "victoria", "welcome1",
    "welcome12", "welcome123", "welcome2023", "welcome2024", "welcome2025", "whatever", "xxxxxxxx", "yankees1",
    "zaq12wsx", "zaq1zaq1", "zxcvbnm123",
];
