internal import CCurl
import Glibc

/// libcurl, opened at first use: see `CCurl`.
///
/// Its functions are set once and never changed; libcurl's own are safe to call from any thread, each
/// with a handle of its own.
struct CurlLibrary: @unchecked Sendable {
    let functions: ccurl_library

    /// The names under which it is found, OpenSSL's flavour first.
    private static let names = ["libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"]

    /// Nil where this machine has none.
    static let shared: CurlLibrary? = {
        for name in names {
            var functions = ccurl_library()
            guard ccurl_open(name, &functions) == 0,
                functions.global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
            else { continue }
            return CurlLibrary(functions: functions)
        }
        return nil
    }()
}
