import CRMStore
import CalDAV
import FastCGI

/// What the threads of a serving process share, and how each gets what is its own.
struct Service: Sendable {
    let configuration: Configuration
    let logs: Logs
    let context: StoreContext
    private let signIn: SignIn

    init(_ configuration: Configuration) throws(ConfigurationError) {
        self.configuration = configuration
        let logs = try Logs(configuration.serve)
        self.logs = logs
        do throws(StoreSettingsError) {
            context = try StoreContext(settings: configuration.store)
        } catch {
            throw ConfigurationError("\(error.key): \(error.reason)")
        }
        signIn = SignIn(
            settings: configuration.signIn,
            report: { event in
                switch event {
                case .unknownHashForm(let name):
                    logs.event(
                        .warning, "a stored password is of no form that is known here",
                        [("user", name)])
                }
            })
    }

    /// Called on the thread that will answer.
    func makeHandler() -> any RequestHandler {
        let store = Store(context: context)
        let server = Server(
            settings: serverSettings, verifier: signIn, store: store,
            surfaces: Surfaces.all.filter { configuration.serve.surfaces.contains($0.name) },
            log: { [logs] in logs.event($0) })
        return CalDAVHandler(
            server: server, settings: configuration.serve, logs: logs, holdsBack: holdsBack,
            release: { store.endSession() })
    }

    /// nginx and mod_proxy_fcgi pass a broken answer on as broken. mod_fcgid and plain CGI end it as if
    /// it were whole, and half a calendar has clients delete the other half: there, all of an answer
    /// that is not huge is made before the first byte of it goes out.
    private var holdsBack: Int {
        Executable.isNamedForFastCGI || !Listener.isInherited && CommonGateway.isCaller
            ? 8 << 20 : 32 << 10
    }

    private var serverSettings: ServerSettings {
        var settings = ServerSettings()
        settings.realm = configuration.serve.realm
        settings.trustsRemoteUser = configuration.serve.trustsRemoteUser
        settings.maxXMLSize = configuration.serve.maxXMLSize
        settings.maxResourceSize = configuration.store.limits.maxResourceSize
        settings.maxInstances = configuration.store.limits.maxInstances
        settings.maxAttendeesPerInstance = configuration.store.limits.maxAttendeesPerInstance
        settings.publicAddress = configuration.serve.publicAddress
        settings.findPeople = configuration.serve.findPeople
        settings.productID = "-//crm-caldav//crm-caldav \(CRMCalDAV.version)//EN"
        return settings
    }
}

extension Logs {
    func event(_ event: ServerEvent) {
        switch event {
        case .signInRefused(let name, let address):
            // fail2ban reads this line: the address comes before what its sender chose.
            self.event(.warning, "sign-in failed", [("ip", address), ("user", name)])
        case .lockedOut(let name, let address):
            self.event(.warning, "sign-in locked out", [("ip", address), ("user", name)])
        case .secretRefused(let address):
            self.event(.warning, "no such secret address", [("ip", address)])
        case .storageUnavailable(let reason):
            self.event(.error, "the database is not available", [("reason", reason)])
        case .unexpected(let reason):
            self.event(.error, "a request failed", [("reason", reason)])
        case .unreadableObject(let calendar, let name, let reason):
            self.event(
                .warning, "a stored object cannot be read",
                [("calendar", String(calendar)), ("object", name), ("reason", reason)])
        }
    }
}
