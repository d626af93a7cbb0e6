import FastCGI
import Glibc

/// Who else than the web server can reach the address that requests come by: where it is TCP, every
/// account of the machine, and behind an address that is not loopback other machines too. They can say
/// what the web server says, such as who has signed in (`remote_user`).
struct ListenExposure: Equatable {
    let message: String
    let mend: String

    /// An account that somebody may have a shell or programs by.
    struct Account {
        let name: String
        let number: uid_t
        let shell: String
    }

    init?(of address: ListenAddress) {
        self.init(of: address, accounts: Self.accounts, own: geteuid())
    }

    /// Nil where nobody else can.
    init?(of address: ListenAddress, accounts: [Account], own: uid_t) {
        guard case .tcp(let host, let port) = address else { return nil }
        let others = accounts.filter { $0.number != own && $0.isOfAPerson }.map(\.name)
        let isLoopback = host.map(Self.isLoopback) ?? false
        guard !isLoopback || !others.isEmpty else { return nil }
        let shown = "listen is TCP (\(host ?? "*"), port \(port))"
        if isLoopback {
            let more = others.count > 3 ? " and \(others.count - 3) more" : ""
            let names = others.prefix(3).joined(separator: ", ")
            message =
                "\(shown): other accounts of this machine can connect to it (\(names)\(more))"
            mend =
                "listen = unix:/run/crm-caldav/caldav.sock, with listen_group = the web server's group, "
                + "and the same socket in the web server's configuration"
        } else {
            message = "\(shown): whoever reaches the port can connect to it, without the web server"
            mend =
                "listen = unix:/run/crm-caldav/caldav.sock where the web server is on this machine; "
                + "otherwise let a firewall admit the web server alone"
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    /// The first thousand of the machine's accounts; a directory service may have any number.
    private static var accounts: [Account] {
        setpwent()
        defer { endpwent() }
        var accounts: [Account] = []
        while accounts.count < 1000, let entry = getpwent()?.pointee {
            guard let name = entry.pw_name, let shell = entry.pw_shell else { continue }
            accounts.append(
                Account(
                    name: String(cString: name), number: entry.pw_uid,
                    shell: String(cString: shell)))
        }
        return accounts
    }
}

extension ListenExposure.Account {
    /// Numbers as useradd(8) gives them out, and a shell that is one.
    fileprivate var isOfAPerson: Bool {
        (1000..<60_000).contains(number) && !shell.hasSuffix("/nologin")
            && !shell.hasSuffix("/false")
    }
}
