/// What a web server in front of us does wrong in the field, and what mends it.
enum WebServerFault: CaseIterable {
    case authorization
    case bodies
    case chunkedBodies
    case compression
    case encodedNames
    case errorBodies
    case expectation
    case gateway
    case methods
    case ownSignIn
    case path
    case prefix
    case redirects
    case storedAnswers
    case wellKnown

    /// For nginx, Apache with its own configuration, and Apache where there is `.htaccess` alone; nil
    /// where it does not do that.
    private var cures: (nginx: String?, apache: String?, webSpace: String?) {
        switch self {
        case .authorization:
            (
                "fastcgi_param HTTP_AUTHORIZATION $http_authorization; (and no proxy before that drops it)",
                "CGIPassAuth On, in the <Location> or <Directory> of the calendars",
                "RewriteRule ^ - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}], before all other rules"
            )
        case .bodies:
            (
                "client_max_body_size 20m;",
                "LimitRequestBody 20971520, and with mod_fcgid FcgidMaxRequestLen 20971520",
                "only the host can raise FcgidMaxRequestLen; until then set max_resource_size below it"
            )
        case .chunkedBodies:
            (
                "fastcgi_request_buffering on;", "with mod_proxy_fcgi SetEnv proxy-sendcl 1",
                nil
            )
        case .compression:
            (
                "gzip off; brotli off;", "SetEnv no-gzip 1 and SetEnv no-brotli 1",
                "SetEnv no-gzip 1 and SetEnv no-brotli 1"
            )
        case .encodedNames:
            (
                "fastcgi_param REQUEST_URI $request_uri; and no rewrite before it",
                "AllowEncodedSlashes NoDecode, in the <VirtualHost>",
                "only the host can set AllowEncodedSlashes: names with a slash cannot be used there"
            )
        case .errorBodies:
            (
                "fastcgi_intercept_errors off; and no error_page for this location",
                "ProxyErrorOverride Off, and no ErrorDocument for this place",
                "no ErrorDocument for the directory of the program"
            )
        case .expectation: (nil, "no rule of mod_security against Expect", nil)
        case .gateway:
            (
                "is the worker running (systemctl status crm-caldav), and may nginx's account use its socket?",
                "is the worker running (systemctl status crm-caldav), and may Apache's account use its socket?",
                "is caldav.fcgi executable, and writable for nobody else (mode 755)? Apache's error log says more"
            )
        case .methods:
            (
                "no limit_except, no dav_methods and no if on $request_method for this location",
                "no <Limit>, no mod_dav (Dav On) and no rule of mod_security for this place",
                "ask the host to allow WebDAV's methods for this directory (mod_security)"
            )
        case .ownSignIn:
            (
                "no auth_basic for this location, or remote_user = yes in our configuration",
                "no AuthType for this place, or remote_user = yes in our configuration",
                "no AuthType for this directory, or remote_user = yes in our configuration"
            )
        case .path:
            (
                "the location of nginx/crm-caldav.conf, with this path",
                "the ProxyPass or ScriptAlias line of apache/*.conf, with this path",
                "the last RewriteRule of apache/htaccess, with this path; another rule must not come first"
            )
        case .prefix:
            (
                "fastcgi_param SCRIPT_NAME with the path that everything is below",
                "ProxyFCGISetEnvIf \"true\" SCRIPT_NAME with the path that everything is below",
                nil
            )
        case .redirects:
            (
                "no return or rewrite for this location",
                "no Redirect or RewriteRule for this place",
                "no RewriteRule of the web site before ours"
            )
        case .storedAnswers:
            ("fastcgi_cache off;", "CacheDisable on", "no rule of mod_expires or mod_cache")
        case .wellKnown:
            (
                "location ~ ^/\\.well-known/caldav/?$ { return 307 /PATH/; }",
                "RedirectMatch 307 \"^/\\.well-known/caldav/?$\" \"/PATH/\"",
                "RewriteRule ^\\.well-known/caldav/?$ /PATH/ [R=307,END]"
            )
        }
    }

    /// What to change, a line for each web server that it may be.
    /// - Parameters:
    ///   - server: the field Server of its answers.
    ///   - path: what everything is below.
    func cure(of server: String?, below path: String) -> [String] {
        let name = server?.lowercased() ?? ""
        let (nginx, apache, webSpace) = cures
        var lines: [String] = []
        if let nginx, !name.contains("apache") { lines.append("nginx: \(nginx)") }
        if !name.contains("nginx") {
            if let apache { lines.append("Apache: \(apache)") }
            if let webSpace { lines.append(".htaccess: \(webSpace)") }
        }
        let place = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
            .joined(separator: "/")
        return lines.map { line in
            line.split(separator: "/PATH/", omittingEmptySubsequences: false)
                .joined(separator: place.isEmpty ? "/" : "/\(place)/")
        }
    }
}
