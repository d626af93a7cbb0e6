import CRMStore
import Testing

@Suite("Stored passwords")
struct PasswordHashTests {
    /// Made by PHP 8.2 (`password_hash`, `crypt`) and by crypt(3) of libxcrypt 4.4.
    static let made: [(password: String, stored: String)] = [
        ("Grüße 🔑", "$2y$10$ru8cszZQ/NZ4j5CJWtgob.P8BbAYW5Uyr/wElsaJdOOSrrVd1Z.VS"),
        ("secret", "$2y$04$XsRVSmhw8LuAHnEuqkr0yO6DRXFZHHlrPbP2beHJ3aRxRKFMxIe6u"),
        ("secret", "$2a$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"),
        ("secret", "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"),
        (
            "secret",
            "$argon2id$v=19$m=1024,t=2,p=1$VkoxOFVTLndFWWxpdGEucQ$"
                + "MFIsPmD6+hD6qcJ9X2PIm6GNLNF0rJ+JwojSVh4IeBk"
        ),
        (
            "secret",
            "$argon2i$v=19$m=1024,t=2,p=1$ZFVoZXZmZ3lrLlI2SkRIRQ$"
                + "EFAC31W+u4DLiiogQGvDcdwwkgJX9pZsYGXmkmHSClE"
        ),
        (
            "secret",
            "$argon2id$v=19$m=65536,t=4,p=1$WGd1WmhQaDNJNmNDaUhLSg$"
                + "9Q16ee76z+8G0YCCUSoPxOWatRiJobcqm9fr5zwMoOQ"
        ),
        ("secret", "$1$saltsalt$9xy1btjgzLYfb7hivXtC//"),
        ("secret", "$5$saltstring$C3o4O1TC6aRHF4FI.QSZMXtHbaj2gSXr4sUc/3NcUi."),
        ("secret", "$5$rounds=1000$saltstring$AH5PD0i.riCRu4BNDy9v7OPV7u3dfLBApcXI6khquVA"),
        (
            "secret",
            "$6$saltstring$AIsRs/Ee56G/tC8MEHhvReZTfx8u3rXXMl6eYrjCG9ibix19DxoMBLogdTET5Ukw9Sf7eZTIT"
                + "suk0Ry5qulYz."
        ),
        ("secret", "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$GmcwIgvdUC9qLWcKCi6gklUa1dM3ziD43YxYNURLKy0"),
        ("secret", "abNANd1rDfiNc"),
    ]

    @Test(arguments: made)
    func theRightPasswordAndNoOther(password: String, stored: String) {
        let stored = Array(stored.utf8)
        #expect(PasswordHash.isVerifiable(stored))
        #expect(PasswordHash.verify(Array(password.utf8), against: stored))
        #expect(!PasswordHash.verify(Array((password + "x").utf8), against: stored))
        #expect(!PasswordHash.verify(Array(password.utf8.dropFirst()), against: stored))
        #expect(!PasswordHash.verify([], against: stored))
        #expect(!PasswordHash.verify(Array(password.utf8), against: Array(stored.dropLast())))
    }

    @Test func bcryptLooksAtSeventyTwoBytesAsPHPDoes() {
        let stored = Array("$2y$04$BXsun7kMySQrrwym7O2VruSsy51lDlP21DrR0PlZsKuocWd3lbJ/2".utf8)
        for (count, isRight) in [(80, true), (72, true), (71, false), (1024, true), (1025, false)] {
            let password = [UInt8](repeating: UInt8(ascii: "x"), count: count)
            #expect(PasswordHash.verify(password, against: stored) == isRight, "\(count)")
        }
    }

    @Test func aPasswordWithNULIsWrong() {
        let stored = Array("$2y$04$XsRVSmhw8LuAHnEuqkr0yO6DRXFZHHlrPbP2beHJ3aRxRKFMxIe6u".utf8)
        #expect(!PasswordHash.verify(Array("secret".utf8) + [0], against: stored))
        #expect(!PasswordHash.verify(Array("secret\0more".utf8), against: stored))
    }

    @Test(arguments: [
        "", "*", "!", "x", "secret", "$", "$$", "$$$$$", "$2y$", "$2y$10$", "$2y$10", "*0", "*1",
        // Plain digests, as old CRMs have them.
        "5ebe2294ecd0e0f08eab7690d2a6ee69", "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4",
        // Too costly.
        "$2y$17$XsRVSmhw8LuAHnEuqkr0yO6DRXFZHHlrPbP2beHJ3aRxRKFMxIe6u",
        "$2y$31$XsRVSmhw8LuAHnEuqkr0yO6DRXFZHHlrPbP2beHJ3aRxRKFMxIe6u",
        "$6$rounds=999999999$saltstring$AIsRs", "$5$rounds=x$saltstring$AIsRs",
        "$argon2id$v=19$m=2097152,t=1,p=1$VkoxOFVTLndFWWxpdGEucQ$MFIsPmD6",
        "$argon2id$v=19$m=1048576,t=100,p=1$VkoxOFVTLndFWWxpdGEucQ$MFIsPmD6",
        "$argon2id$v=19$m=1024,t=2,p=100000$VkoxOFVTLndFWWxpdGEucQ$MFIsPmD6",
        "$argon2id$v=19$m=-1,t=2,p=1$VkoxOFVTLndFWWxpdGEucQ$MFIsPmD6",
        "$argon2id$v=19$t=2,p=1$VkoxOFVTLndFWWxpdGEucQ$MFIsPmD6",
        "$argon2id$v=19$m,t,p$VkoxOFVTLndFWWxpdGEucQ$MFIsPmD6",
        "$y$jzT$F5Jx5fExrKuPp53xLKQ..1$x", "$y$j9TTTT$F5Jx5fExrKuPp53xLKQ..1$x",
        // Of no use here, or unknown.
        "$7$CU..../....SodiumChloride$x", "$sha1$1000$salt$x", "$2x$04$x$y", "_J9..rasmx",
        "$2y$04$XsRVSmhw8LuAHnEuqkr0yO6DRXFZHHlr\0PbP2beHJ3aRxRKFMxIe6u", "ab NANd1rDfiN",
    ])
    func anyOtherTextIsNoHash(stored: String) {
        #expect(!PasswordHash.isVerifiable(Array(stored.utf8)))
        #expect(!PasswordHash.verify(Array("secret".utf8), against: Array(stored.utf8)))
        #expect(!PasswordHash.verify(Array(stored.utf8), against: Array(stored.utf8)))
    }

    @Test(arguments: [
        "$2y$10$short", "$1$$", "$6$$$", "$argon2id$v=19$m=1024,t=2,p=1$$",
        "$argon2id$v=19$m=1024,t=2,p=1$!!!$???", "$argon2i$v=99$m=1024,t=2,p=1$AAAA$AAAA",
    ])
    func aBrokenHashMatchesNothing(stored: String) {
        #expect(!PasswordHash.verify(Array("secret".utf8), against: Array(stored.utf8)))
        #expect(!PasswordHash.verify([], against: Array(stored.utf8)))
    }
}
