package import XML

extension XMLName {
    /// RFC 4918 and its extensions.
    package static func dav(_ local: String) -> XMLName {
        XMLName(namespace: davNamespace, local: local)
    }

    package static func caldav(_ local: String) -> XMLName {
        XMLName(namespace: caldavNamespace, local: local)
    }

    /// `getctag`, `source` and what else Apple's Calendar Server brought.
    package static func calendarServer(_ local: String) -> XMLName {
        XMLName(namespace: calendarServerNamespace, local: local)
    }

    /// `calendar-color`, `calendar-order`.
    package static func apple(_ local: String) -> XMLName {
        XMLName(namespace: appleNamespace, local: local)
    }

    /// `calendar-enabled`.
    package static func ownCloud(_ local: String) -> XMLName {
        XMLName(namespace: ownCloudNamespace, local: local)
    }

    package static let davNamespace = "DAV:"
    package static let caldavNamespace = "urn:ietf:params:xml:ns:caldav"
    package static let calendarServerNamespace = "http://calendarserver.org/ns/"
    package static let appleNamespace = "http://apple.com/ns/ical/"
    package static let ownCloudNamespace = "http://owncloud.org/ns"
}

extension XMLNamespaces {
    /// What every document of ours declares on its root.
    package static let webDAV = XMLNamespaces([
        ("d", XMLName.davNamespace),
        ("cal", XMLName.caldavNamespace),
        ("cs", XMLName.calendarServerNamespace),
        ("ic", XMLName.appleNamespace),
    ])
}
