// Drives KDE's own CalDAV library, KDAV: a JSON object a line in, one a line out.
//
//     kde_driver BASE-URL USER FD
//
// The first line in is the password; answers go to the descriptor FD, since the workers of KIO write
// to standard output.
//
//     {"do": "discover"}                                   → {path: name, …}
//     {"do": "open", "path": …}                            → null
//     {"do": "refresh"} {"do": "list"}                     → [[path, ETag, text], …]
//     {"do": "create" | "modify" | "remove", "path": …}    → null
//
// An error of KDAV is answered as {"error": text}.

#include <KDAV/DavCollection>
#include <KDAV/DavCollectionsFetchJob>
#include <KDAV/DavItem>
#include <KDAV/DavItemCreateJob>
#include <KDAV/DavItemDeleteJob>
#include <KDAV/DavItemModifyJob>
#include <KDAV/DavItemsFetchJob>
#include <KDAV/DavItemsListJob>
#include <KDAV/DavUrl>
#include <KDAV/EtagCache>
#include <KDAV/ProtocolInfo>

#include <QGuiApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

using namespace KDAV;

namespace {

/// Runs a job to its end.
template <class Job> void run(Job &job)
{
    job.setAutoDelete(false);
    if (!job.exec()) {
        throw std::runtime_error(job.errorString().toStdString());
    }
}

class Driver
{
public:
    explicit Driver(const QUrl &base)
        : m_base(base)
    {
    }

    QJsonValue answer(const QString &what, const QJsonObject &asked)
    {
        const QString path = asked[QLatin1String("path")].toString();
        const QByteArray text = asked[QLatin1String("text")].toString().toUtf8();
        if (what == QLatin1String("discover")) {
            return discover();
        } else if (what == QLatin1String("open")) {
            m_cache = std::make_shared<EtagCache>();
            m_items.clear();
            m_calendar = path;
        } else if (what == QLatin1String("refresh")) {
            refresh();
        } else if (what == QLatin1String("list")) {
            QJsonArray list;
            for (const auto &[url, item] : m_items) {
                list.append(QJsonArray{QUrl(url).path(QUrl::FullyEncoded), item.etag(),
                                       QString::fromUtf8(item.data())});
            }
            return list;
        } else if (what == QLatin1String("create")) {
            DavItemCreateJob job(DavItem(url(path), QStringLiteral("text/calendar"), text, {}));
            run(job);
            keep(job.item());
        } else if (what == QLatin1String("modify")) {
            DavItem item = known(path);
            item.setData(text);
            DavItemModifyJob job(item);
            run(job);
            keep(job.item());
        } else if (what == QLatin1String("remove")) {
            const DavItem item = known(path);
            DavItemDeleteJob job(item);
            run(job);
            forget(item.url().toDisplayString());
        } else {
            throw std::runtime_error("what?");
        }
        return {};
    }

private:
    DavUrl url(const QString &path) const
    {
        QUrl url = m_base;
        url.setPath(path, QUrl::TolerantMode);
        return DavUrl(url, CalDav);
    }

    QJsonObject discover() const
    {
        DavCollectionsFetchJob job(DavUrl(m_base, CalDav));
        run(job);
        QJsonObject found;
        for (const DavCollection &each : job.collections()) {
            if (!(each.privileges() & (KDAV::Write | KDAV::WriteContent | KDAV::All))) {
                throw std::runtime_error("a calendar that is read only");
            }
            found[each.url().url().path(QUrl::FullyEncoded)] = each.displayName();
        }
        return found;
    }

    /// As Akonadi's resource does it: ETags of all, then the texts of what is new or changed.
    void refresh()
    {
        DavItemsListJob list(url(m_calendar), m_cache);
        run(list);
        for (const QString &gone : list.deletedItems()) {
            forget(gone);
        }
        QStringList wanted;
        for (const DavItem &item : list.changedItems()) {
            wanted << item.url().toDisplayString();
        }
        if (wanted.isEmpty()) {
            return;
        }
        DavItemsFetchJob fetch(url(m_calendar), wanted);
        run(fetch);
        for (const DavItem &item : fetch.items()) {
            keep(item);
        }
    }

    void keep(const DavItem &item)
    {
        m_items[item.url().toDisplayString()] = item;
        m_cache->setEtag(item.url().toDisplayString(), item.etag());
    }

    void forget(const QString &url)
    {
        m_items.erase(url);
        m_cache->removeEtag(url);
    }

    DavItem known(const QString &path) const
    {
        for (const auto &[url, item] : m_items) {
            if (QUrl(url).path(QUrl::FullyEncoded) == path) {
                return item;
            }
        }
        throw std::runtime_error("not here: " + path.toStdString());
    }

    QUrl m_base;
    QString m_calendar;
    std::shared_ptr<EtagCache> m_cache;
    std::map<QString, DavItem> m_items;
};

} // namespace

int main(int argc, char **argv)
{
    QGuiApplication application(argc, argv);
    std::string line;
    if (argc != 4 || !std::getline(std::cin, line)) {
        return 64;
    }
    QUrl base(QString::fromUtf8(argv[1]));
    base.setUserName(QString::fromUtf8(argv[2]));
    base.setPassword(QString::fromStdString(line));
    FILE *answers = fdopen(atoi(argv[3]), "w");
    Driver driver(base);
    while (std::getline(std::cin, line)) {
        const QJsonObject asked = QJsonDocument::fromJson(QByteArray::fromStdString(line)).object();
        QJsonObject answer;
        try {
            answer[QLatin1String("answer")] =
                driver.answer(asked[QLatin1String("do")].toString(), asked);
        } catch (const std::exception &error) {
            answer[QLatin1String("error")] = QString::fromStdString(error.what());
        }
        fprintf(answers, "%s\n", QJsonDocument(answer).toJson(QJsonDocument::Compact).constData());
        fflush(answers);
    }
    return 0;
}
