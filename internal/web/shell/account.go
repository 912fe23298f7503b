package shell

import (
	"net/http"

	"socle/internal/web/ui"
)

// The parts of one's account: several areas answer them, under the same tabs.
const (
	AccountPath  = "/account"
	SecurityPath = EnrolPath
	FollowsPath  = "/account/follows"
	DataPath     = "/account/data"
)

// AccountTabs are the parts of one's account.
func AccountTabs(r *http.Request, current string) ui.Tabs {
	ctx := r.Context()
	return ui.Tabs{Label: ui.T(ctx, "account.title"), Tabs: []ui.Tab{
		{Label: ui.T(ctx, "account.title"), Href: AccountPath, Icon: "circle-user", Current: current == AccountPath},
		{Label: ui.T(ctx, "account.security"), Href: SecurityPath, Icon: "shield-check", Current: current == SecurityPath},
		{Label: ui.T(ctx, "account.follows"), Href: FollowsPath, Icon: "bell", Current: current == FollowsPath},
		{Label: ui.T(ctx, "account.data"), Href: DataPath, Icon: "folder-open", Current: current == DataPath},
	}}
}
