// swift-tools-version: 6.1
import PackageDescription

/// What every target of ours is compiled with.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "crm-caldav",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        // The program: commands, configuration, wiring.
        .executableTarget(
            name: "crm-caldav",
            dependencies: [
                "RemoteSync", "Outgoing", "CRMStore", "CalDAV", "WebDAV", "FastCGI", "MariaDB",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),

        // The rooms; arrows only go down this list.
        .target(
            name: "RemoteSync",
            dependencies: ["Outgoing", "CRMStore", "CalDAV", "WebDAV", "ICalendar", "XML"],
            swiftSettings: strict
        ),
        .target(
            name: "Outgoing", dependencies: ["CRMStore", "CalDAV", "WebDAV", "CCurl", "CCrypto"],
            swiftSettings: strict),
        .target(
            name: "CRMStore",
            dependencies: ["CalDAV", "ICalendar", "MariaDB", "CCrypt", "CArgon2", "CCrypto"],
            // Links to sql/, so that the program carries its SQL with it.
            resources: [
                .embedInCode("Migration/SQL/documented.sql"),
                .embedInCode("Migration/SQL/tables.sql"),
                .embedInCode("Migration/SQL/triggers.sql"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "CalDAV", dependencies: ["WebDAV", "ICalendar", "XML"], swiftSettings: strict),
        .target(name: "WebDAV", dependencies: ["XML"], swiftSettings: strict),
        .target(name: "ICalendar", swiftSettings: strict),
        .target(name: "XML", dependencies: ["CLibXML2"], swiftSettings: strict),
        .target(name: "MariaDB", dependencies: ["CMariaDB"], swiftSettings: strict),
        .target(name: "FastCGI", dependencies: ["CFastCGI"], swiftSettings: strict),

        // Answers questions of the comparisons in Tests/Reference.
        .executableTarget(
            name: "icalendar-probe", dependencies: ["ICalendar"], swiftSettings: strict),

        // The C libraries.
        .systemLibrary(
            name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
        .systemLibrary(
            name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .systemLibrary(
            name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(
            name: "CCrypt", pkgConfig: "libxcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(
            name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // Headers alone: the library is opened when it is first needed. No pkg-config, which would
        // link it.
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        // Each room's tests; what needs real servers stands in Tests/Integration.
        .testTarget(name: "ICalendarTests", dependencies: ["ICalendar"], swiftSettings: strict),
        .testTarget(name: "XMLTests", dependencies: ["XML"], swiftSettings: strict),
        .testTarget(name: "WebDAVTests", dependencies: ["WebDAV", "XML"], swiftSettings: strict),
        .testTarget(
            name: "CalDAVTests", dependencies: ["CalDAV", "WebDAV", "ICalendar", "XML"],
            swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["MariaDB"], path: "Tests/Support",
            swiftSettings: strict),
        .testTarget(
            name: "MariaDBTests", dependencies: ["MariaDB", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "CRMStoreTests",
            dependencies: ["CRMStore", "CalDAV", "ICalendar", "MariaDB", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "OutgoingTests",
            dependencies: ["Outgoing", "CRMStore", "CalDAV", "MariaDB", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "RemoteSyncTests",
            dependencies: ["RemoteSync", "Outgoing", "CalDAV", "ICalendar", "WebDAV", "XML"],
            swiftSettings: strict),
        .testTarget(name: "FastCGITests", dependencies: ["FastCGI"], swiftSettings: strict),
        .testTarget(
            name: "ProgramTests",
            dependencies: ["crm-caldav", "CRMStore", "FastCGI", "MariaDB", "Outgoing"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
