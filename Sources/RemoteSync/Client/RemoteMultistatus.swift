package import Outgoing
import WebDAV
package import XML

/// The body of a 207 (RFC 4918 §13) as it came from a server.
package struct RemoteMultistatus {
    package struct Resource {
        package let address: WebAddress
        /// Of the resource as a whole, where it has no propstat.
        package var status: Int?
        /// Those with status 200.
        package var properties: [XMLElement] = []

        package func property(_ name: XMLName) -> XMLElement? {
            properties.first { $0.name == name }
        }

        /// The first href inside a property.
        package func href(in name: XMLName) -> String? {
            property(name)?.first(.dav("href"))?.trimmedText
        }

        package var etag: String? {
            property(.dav("getetag")).flatMap { ETag.normalized($0.trimmedText) }
        }

        package var isCollection: Bool {
            property(.dav("resourcetype"))?.first(.dav("collection")) != nil
        }

        package var isCalendar: Bool {
            property(.dav("resourcetype"))?.first(.caldav("calendar")) != nil
        }
    }

    package var resources: [Resource] = []
    /// RFC 6578 §6.2
    package var syncToken: String?

    /// - Parameter base: the address that was asked.
    /// - Throws: `.unintelligible`.
    package init(
        parsing body: [UInt8], from base: WebAddress, limits: XMLLimits
    ) throws(RemoteError) {
        let root: XMLElement
        do throws(XMLError) {
            root = try XMLParser.parse(body, limits: limits)
        } catch {
            throw .unintelligible("the answer cannot be read: \(error)")
        }
        guard root.name == .dav("multistatus") else {
            throw .unintelligible("the answer is a \(root.name), not a multistatus")
        }
        for element in root.elements {
            switch element.name {
            case .dav("response"): resources += RemoteMultistatus.resources(of: element, base)
            case .dav("sync-token"): syncToken = element.trimmedText
            default: break
            }
        }
    }

    private static func resources(
        of response: XMLElement, _ base: WebAddress
    ) -> [Resource] {
        let status = response.first(.dav("status")).flatMap { code($0.trimmedText) }
        var properties: [XMLElement] = []
        for propstat in response.all(.dav("propstat")) {
            let code =
                propstat.first(.dav("status")).flatMap { self.code($0.trimmedText) } ?? 200
            guard (200..<300).contains(code) else { continue }
            properties += propstat.first(.dav("prop"))?.elements ?? []
        }
        // A response may have several hrefs when it has a status (RFC 4918 §14.24).
        return response.all(.dav("href")).compactMap { href in
            base.resolving(href.trimmedText).map {
                Resource(address: $0, status: status, properties: properties)
            }
        }
    }

    /// Of `HTTP/1.1 404 Not Found`.
    private static func code(_ statusLine: String) -> Int? {
        let words = statusLine.split(separator: " ")
        return words.count > 1 ? Int(words[1]) : nil
    }
}
