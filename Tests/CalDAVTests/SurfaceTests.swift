import CalDAV
import Testing
import WebDAV

@testable import CalDAV

@Suite("One way in, several surfaces")
struct SurfaceTests {
    private static let all: [Surface] = [.federation, .pages, .feeds, .dav]

    @Test func eachHasANameOfItsOwnAndRoutes() {
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
        #expect(Self.all.allSatisfy { !$0.routes.isEmpty })
    }

    @Test(
        "a route answers its methods, and others at a path of its own are 405 with what it allows")
    func methods() throws {
        let router = Router(Self.all)
        for surface in Self.all {
            for route in surface.routes {
                guard let methods = route.methods, !route.isShared,
                    case .segments(let segments) = route.paths
                else { continue }
                let path = segments.joined(separator: "/")
                for method in methods {
                    #expect(try router.route(of: request(method, path)).0.name == surface.name)
                }
                let refusal = #expect(throws: RequestError.self) {
                    try router.route(of: request("PROPFIND", path))
                }
                #expect(refusal?.status == .methodNotAllowed)
                #expect(
                    refusal?.fields.first { $0.name == "Allow" }?.value
                        == methods.joined(separator: ", "))
            }
        }
    }

    @Test(arguments: [
        ("", "", true), ("a", "a", true), ("a", "a/", true), ("a", "a/b", false),
        ("a/*", "a/b", true), ("a/*", "a/b/", true), ("a/*", "a", false), ("a/*", "a/", false),
        ("a/*/*", "a/b/c/d", false), ("a", "", false), ("a", "ab", false),
    ])
    func patterns(pattern: String, path: String, matches: Bool) {
        #expect(PathPattern(pattern).matches(path) == matches)
    }

    @Test("a surface is added without touching the server")
    func added() throws {
        let site = try Site()
        let hello = Surface(
            name: "hello", fields: [("X-Surface", "hello")],
            routes: [
                Route(PathPattern("hello/*"), ["GET"]) { request, _ in
                    Response(.ok, body: .bytes(Array(request.path.utf8)))
                }
            ])
        site.surfaces.append(hello)
        let answer = site.send("GET", "hello/anna", user: nil)
        #expect(answer.status == 200 && answer.text == "hello/anna")
        #expect(answer["X-Surface"] == "hello" && answer["DAV"] == nil)
        #expect(site.send("PUT", "hello/anna", user: nil).status == 405)
        #expect(site.send("PROPFIND", "").status == 207, "the others go on")
    }

    @Test("its refusals and the store's trouble are answered by the front")
    func failing() throws {
        let site = try Site()
        site.surfaces = [
            Surface(
                name: "failing",
                routes: [
                    Route(PathPattern("away"), ["GET"]) { _, _ in
                        throw StorageError.unavailable("gone")
                    }
                ])
        ]
        let answer = site.send("GET", "away")
        #expect(answer.status == 503 && answer["Retry-After"] != nil)
    }

    @Test(arguments: [
        ("federation", "GET", ".well-known/ocm"), ("feeds", "GET", "feed/unknown.ics"),
        ("dav", "PROPFIND", "calendars/anna/"), ("dav", "PUT", "calendars/anna/crm-tasks/a.ics"),
    ])
    func whatIsSwitchedOffIsNotThere(name: String, method: String, path: String) throws {
        let site = try Site()
        site.surfaces = Self.all.filter { $0.name != name && $0.name != "dav" }
        let status = site.send(method, path).status
        #expect(status == 404 || status == 405)
    }

    @Test func withoutPagesTheRootSaysWhatItIs() throws {
        let site = try Site()
        site.surfaces = Self.all.filter { $0.name != "pages" }
        let answer = site.send("GET", "", fields: [("accept", "text/html")])
        #expect(answer.status == 200 && answer["Content-Type"]?.hasPrefix("text/plain") == true)
        let feed = site.send("GET", "calendars/anna/crm-tasks/", fields: [("accept", "text/html")])
        #expect(feed["Content-Type"]?.hasPrefix("text/calendar") == true)
    }

    @Test func withoutFeedsNoSecretAddressIsMadeOrAnswered() throws {
        let site = try Site()
        site.surfaces = Self.all.filter { $0.name == "dav" }
        #expect(site.send("POST", "calendars/anna/crm-tasks/", query: "feed").status >= 400)
        #expect(site.send("GET", "feed/unknown.ics").status >= 400)
        #expect(site.store.feeds.isEmpty)
    }

    private func request(_ method: String, _ path: String) -> Request {
        Request(
            method: method, path: path, basePath: "/", scheme: "https", authority: "x",
            fields: HeaderFields(), clientAddress: "", readBody: { _ in [] })
    }
}
