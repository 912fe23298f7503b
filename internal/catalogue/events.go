package catalogue

// Events are written in the transaction of what they tell. They hold
// identifiers only: whoever listens reads the rest, with the rights of then.
type (
	// DatasetCreated tells of a new draft.
	DatasetCreated struct{ Dataset DatasetID }
	// DatasetDescribed tells that the description or the resources changed.
	DatasetDescribed struct{ Dataset DatasetID }
	// DatasetRenamed tells of a new title and the address that goes with it.
	DatasetRenamed struct {
		Dataset DatasetID
		Slug    string
	}
	// DatasetPublished tells that everyone now sees a dataset.
	DatasetPublished struct{ Dataset DatasetID }
	// DatasetKeptInside tells that a draft is now for members and the host.
	DatasetKeptInside struct{ Dataset DatasetID }
	// DatasetTakenBack tells that an internal dataset is a draft again.
	DatasetTakenBack struct{ Dataset DatasetID }
	// DatasetWithdrawn tells that everyone now sees but a trace.
	DatasetWithdrawn struct{ Dataset DatasetID }
	// DatasetDeleted tells that a dataset that was never public is gone.
	DatasetDeleted struct{ Dataset DatasetID }
	// VersionAdded tells of a new version of a table or a file.
	VersionAdded struct {
		Dataset  DatasetID
		Resource ResourceID
		Version  VersionID
		Number   int
	}
)

func (DatasetCreated) Event() string    { return "catalogue.dataset-created" }
func (DatasetDescribed) Event() string  { return "catalogue.dataset-described" }
func (DatasetRenamed) Event() string    { return "catalogue.dataset-renamed" }
func (DatasetPublished) Event() string  { return "catalogue.dataset-published" }
func (DatasetKeptInside) Event() string { return "catalogue.dataset-kept-inside" }
func (DatasetTakenBack) Event() string  { return "catalogue.dataset-taken-back" }
func (DatasetWithdrawn) Event() string  { return "catalogue.dataset-withdrawn" }
func (DatasetDeleted) Event() string    { return "catalogue.dataset-deleted" }
func (VersionAdded) Event() string      { return "catalogue.version-added" }
